/** What one of the console's own endpoints refused, in the shape of the SDK's exceptions. */
export class ApiError extends Error {
  readonly $fault = "client";
  constructor(code: string, message: string) {
    super(message);
    this.name = code;
  }

  static async of(answer: Response): Promise<ApiError> {
    const { __type: code = String(answer.status), message = answer.statusText } = (await answer.json().catch(() => ({}))) as {
      readonly __type?: string;
      readonly message?: string;
    };
    return new ApiError(code, message);
  }
}

export type Trouble = "denied" | "expired" | "unreachable" | "missing" | "refused";

const DENIED = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess"]);
const EXPIRED = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "RequestExpired",
  "UnrecognizedClientException",
  "InvalidClientTokenId",
  "AuthFailure",
]);

/** What kind of trouble an error is. An error that no server named means that none answered. */
export function troubleOf(error: unknown): Trouble {
  const { name, $fault } = error as { readonly name?: string; readonly $fault?: string };
  if (name !== undefined && DENIED.has(name)) return "denied";
  if (name !== undefined && EXPIRED.has(name)) return "expired";
  if ($fault === undefined) return "unreachable";
  return /NotFound|NoSuch/.test(name ?? "") ? "missing" : "refused";
}

export function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
