/** Why KMS does not do it: the name of an exception of the SDK's KMS client, and AWS's text. */
export interface KmsRefusal {
  readonly code:
    | "NotFoundException"
    | "DisabledException"
    | "KMSInvalidStateException"
    | "InvalidKeyUsageException"
    | "InvalidCiphertextException"
    | "IncorrectKeyException";
  readonly message: string;
}

export interface Refused {
  readonly refusal: KmsRefusal;
}

export function refused(code: KmsRefusal["code"], message: string): Refused {
  return { refusal: { code, message } };
}
