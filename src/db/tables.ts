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
    row_counts: RowCountRow;
  }
}
