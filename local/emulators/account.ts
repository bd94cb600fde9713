/** The account that everything on this machine belongs to. */
export const ACCOUNT = "000000000000";
