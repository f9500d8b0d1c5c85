import { gzipSync } from "node:zlib";
import { digestOf, randomBlob, type Algorithm } from "./distribution-client.ts";

export const IMAGE = "application/vnd.oci.image.manifest.v1+json";
export const INDEX = "application/vnd.oci.image.index.v1+json";
const CONFIG = "application/vnd.oci.image.config.v1+json";
export const EMPTY_JSON = "application/vnd.oci.empty.v1+json";
const LAYER = "application/vnd.oci.image.layer.v1.tar";
const FOREIGN_LAYER = "application/vnd.oci.image.layer.nondistributable.v1.tar";
/** Types of artifacts that nobody uses. */
export const [SIGNATURE, BILL] = ["application/vnd.example.airfield.signature", "application/vnd.example.airfield.bill"] as const;

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: object;
  readonly data?: string;
}

export interface Manifest {
  readonly descriptor: Descriptor;
  readonly text: string;
  readonly subject?: string;
}

interface ImageOptions {
  readonly layers?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: Descriptor;
  /** Fields that no specification knows. */
  readonly extra?: object;
}

/** What a case pushes: blobs in any order, manifests in theirs, tags. What goes into one is remembered here. */
export class DataSet {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests: Manifest[] = [];
  readonly tags = new Map<string, Manifest>();
  /** By the digest of their subject. */
  readonly referrers = new Map<string, Descriptor[]>();
  readonly #algorithm: Algorithm;

  constructor(algorithm: Algorithm = "sha256") {
    this.#algorithm = algorithm;
  }

  blob(bytes: Buffer, mediaType: string, options: { readonly withData?: boolean } = {}): Descriptor {
    const digest = digestOf(bytes, this.#algorithm);
    this.blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...(options.withData && { data: bytes.toString("base64") }) };
  }

  layer(options: { readonly compressed?: boolean; readonly withData?: boolean } = {}): Descriptor {
    const bytes = randomBlob(300);
    return options.compressed === false ? this.blob(bytes, LAYER, options) : this.blob(gzipSync(bytes), `${LAYER}+gzip`, options);
  }

  /** A layer that lies elsewhere and is in no registry. */
  foreignLayer(suffix: string): Descriptor & { readonly urls: readonly string[] } {
    const digest = digestOf(randomBlob(256), this.#algorithm);
    return { mediaType: FOREIGN_LAYER + suffix, digest, size: 123_456, urls: [`https://store.example.com/${digest}`] };
  }

  config(architecture = "amd64", options: { readonly withData?: boolean } = {}): Descriptor {
    const text = JSON.stringify({ os: "linux", architecture, rootfs: { type: "layers", diff_ids: [digestOf(randomBlob(32))] } });
    return this.blob(Buffer.from(text), CONFIG, options);
  }

  emptyConfig(): Descriptor {
    return this.blob(Buffer.from("{}"), EMPTY_JSON);
  }

  image(options: ImageOptions = {}): Manifest {
    const { layers = [this.layer(), this.layer()], config = this.config(), artifactType, annotations, subject, extra } = options;
    const json = { schemaVersion: 2, mediaType: IMAGE, artifactType, config, layers, subject, annotations, ...extra };
    return this.#manifest(json, IMAGE, artifactType ?? config.mediaType, options);
  }

  artifact(artifactType: string, options: ImageOptions = {}): Manifest {
    return this.image({ artifactType, config: this.emptyConfig(), layers: [this.blob(randomBlob(200), artifactType)], ...options });
  }

  index(manifests: readonly Manifest[], options: ImageOptions = {}): Manifest {
    const { artifactType, annotations, subject, extra } = options;
    const listed = manifests.map(({ descriptor }, at) => {
      const { mediaType, digest, size } = descriptor;
      const platform = { os: "linux", architecture: at === 0 ? "amd64" : "arm64" };
      return { mediaType, digest, size, ...(mediaType === IMAGE && { platform }) };
    });
    const json = { schemaVersion: 2, mediaType: INDEX, artifactType, manifests: listed, subject, annotations, ...extra };
    return this.#manifest(json, INDEX, artifactType, options);
  }

  /** Images for two platforms, and the index that lists them. */
  platforms(options: ImageOptions = {}): Manifest {
    const images = ["amd64", "arm64"].map((architecture) =>
      this.image({ config: this.config(architecture), ...(options.extra && { extra: options.extra }) }),
    );
    return this.index(images, options);
  }

  tag(name: string, manifest: Manifest): void {
    this.tags.set(name, manifest);
  }

  #manifest(json: object, mediaType: string, artifactType: string | undefined, { annotations, subject }: ImageOptions): Manifest {
    const text = JSON.stringify(json);
    const plain = { mediaType, digest: digestOf(text, this.#algorithm), size: Buffer.byteLength(text) };
    const manifest = { descriptor: plain, text, ...(subject && { subject: subject.digest }) };
    this.manifests.push(manifest);
    if (subject) {
      const referrer = { ...plain, ...(artifactType !== undefined && { artifactType }), ...(annotations && { annotations }) };
      this.referrers.set(subject.digest, [...(this.referrers.get(subject.digest) ?? []), referrer]);
    }
    return manifest;
  }
}
