/** The words of IAM's MalformedPolicyDocument that several checks share. */
export const SYNTAX_ERROR = "Syntax errors in policy.";
export const LEGACY_ERROR = "The policy failed legacy parsing";
