/** The rows of every table, as the drivers give them back. Points in time are text, see clock.ts. */

export interface UserRow {
  id: string;
  email: string;
  email_normal: string;
  first_name: string | null;
  last_name: string | null;
  avatar_url: string | null;
  language: string | null;
  password: string | null;
  is_verified: boolean | 0 | 1;
  credential_epoch: number;
  last_login_at: string | null;
  created_at: string;
  updated_at: string;
  reset_password: string | null;
  reset_password_expires_at: string | null;
  mail_status: string | null;
  mail_status_at: string | null;
}

export interface RoleRow {
  id: string;
  name: string;
  name_normal: string;
  description: string | null;
  created_at: string;
  updated_at: string;
}

export interface UserRoleRow {
  user_id: string;
  role_id: string;
}

export interface SessionRow {
  id: string;
  user_id: string;
  token_hash: string;
  credential_epoch: number;
  user_agent: string | null;
  ip_address: string | null;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}

export interface OutboxRow {
  id: string;
  kind: string;
  payload: string;
  attempts: number;
  created_at: string;
  due_at: string;
  expires_at: string;
  failed_at: string | null;
  last_error: string | null;
}

export interface MailQuotaRow {
  entry_id: string;
  address_hash: string;
  counted_at: string;
}

export interface SecurityEventRow {
  id: string;
  kind: string;
  outcome: "done" | "refused";
  detail: string | null;
  user_id: string | null;
  account_id: string | null;
  actor_id: string | null;
  ip_address: string | null;
  user_agent: string | null;
  created_at: string;
}

export interface LoginFailuresRow {
  address_hash: string;
  network: string;
  failures: number;
  attempts: number;
  last_failed_at: string;
  last_tried_at: string;
}

export interface FamiliarPlaceRow {
  user_id: string;
  network: string;
  last_used_at: string;
}

export interface SigningKeyRow {
  name: string;
  secret: string;
  created_at: string;
}

export interface ResetPauseRow {
  address_hash: string;
  until: string;
}

export interface WebhookEventRow {
  key: string;
  received_at: string;
}

export interface RetiredIdRow {
  id: string;
}

/** Rows of a table, in as many parts as are written at once: the sum of all slots is the count. */
export interface RowCountRow {
  table_name: string;
  slot: number;
  row_count: number;
}

declare module "knex/types/tables.js" {
  interface Tables {
    users: UserRow;
    roles: RoleRow;
    user_roles: UserRoleRow;
    sessions: SessionRow;
    outbox: OutboxRow;
    mail_quota: MailQuotaRow;
    security_events: SecurityEventRow;
    login_failures: LoginFailuresRow;
    familiar_places: FamiliarPlaceRow;
    signing_keys: SigningKeyRow;
    reset_pauses: ResetPauseRow;
    webhook_events: WebhookEventRow;
    retired_ids: RetiredIdRow;
    row_counts: RowCountRow;
  }
}
