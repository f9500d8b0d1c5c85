// Source: ACM User Guide, "Quotas": what an account has in a region, before it has asked for more.

export const MOST_IMPORTED = 2500;
export const MOST_TAGS = 50;
