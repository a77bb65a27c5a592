// What is fetched when it is first wanted (parts/later.tsx): pages that few open every day.
export { AuditPage } from "./audit";
export { ClientsOf, ClientsPage } from "./clients";
export { PhoneSetup } from "./setup";
export { AccountVerify } from "./verify";
