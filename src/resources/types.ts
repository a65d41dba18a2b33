/** The resource types: a new one is a declaration of its own and a line here. */
export { roles } from "./roles.ts";
export { securityEvents } from "./security-events.ts";
export { sessions } from "./sessions.ts";
export { users } from "./users.ts";
