// What is fetched when it is first wanted (parts/later.tsx): pages that few open every day.
export { AuditPage } from "./audit";
export { AccountCheck } from "./check";
export { ClientsOf, ClientsPage } from "./clients";
export { AccountDeletions } from "./deletions";
export { PhoneSetup } from "./setup";
export { NotCopied } from "./skipped";
export { AccountVerify } from "./verify";
