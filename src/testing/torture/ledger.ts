/** What was begun and what was acknowledged. After each kill the registry must agree with it. */

export interface PushedImage {
  readonly repository: string;
  readonly digest: string;
  readonly manifest: Buffer;
  readonly blobs: readonly string[];
  /** `pushing` and `deleting` were not answered: either outcome is right, half of one is not. */
  status: "pushing" | "pushed" | "deleting" | "deleted";
  /** Of the life that saw it last. */
  life: number;
}

/** An upload that was cut off: so many of its bytes were acknowledged. */
export interface CutUpload {
  readonly repository: string;
  readonly location: string;
  readonly bytes: Buffer;
  readonly digest: string;
  readonly acknowledged: number;
}

export class Ledger {
  readonly images: PushedImage[] = [];
  readonly uploads: CutUpload[] = [];
  /** By `repository:tag`: what it was said to be, and what it may have become by a push that was not answered. */
  readonly tags = new Map<string, { acknowledged?: string; readonly begun: Set<string> }>();

  beginTag(name: string, digest: string): void {
    const known = this.tags.get(name) ?? { begun: new Set<string>() };
    known.begun.add(digest);
    this.tags.set(name, known);
  }

  acknowledgeTag(name: string, digest: string): void {
    this.tags.set(name, { acknowledged: digest, begun: new Set() });
  }
}
