// Source: ACM User Guide, "Quotas": what an account has in a region, before it has asked for more.

export const MOST_IMPORTED = 2500;
export const MOST_REQUESTED = 2500;
/** Domain names of a certificate. */
export const MOST_NAMES = 10;
export const MOST_TAGS = 50;

export const TOO_MANY_CERTIFICATES =
  "You have reached the maximum number of certificates. Delete certificates that are not in use, or contact AWS Support to request an increase.";
