import { LARGEST_OBJECT, ObjectTooLargeError, type ObjectReader } from "../ports/object-reader.ts";

/** Objects by `bucket/key`, or by `bucket/key?version`, as a test put them there. */
export function memoryObjects(objects: ReadonlyMap<string, string>): ObjectReader {
  return {
    read({ bucket, key, version }) {
      const text = objects.get(`${bucket}/${key}${version === undefined ? "" : `?${version}`}`);
      if (text === undefined) return Promise.resolve(undefined);
      if (text.length > LARGEST_OBJECT) return Promise.reject(new ObjectTooLargeError(key));
      return Promise.resolve(Buffer.from(text));
    },
  };
}

/** The certificate of an authority whose key nobody has, valid for a hundred years. */
export const AUTHORITY_PEM = `-----BEGIN CERTIFICATE-----
MIIBnzCCAUWgAwIBAgIUbgkrOoAELMQfc6AUV3NnbbUwbK0wCgYIKoZIzj0EAwIw
JDEOMAwGA1UECgwFVGVzdHMxEjAQBgNVBAMMCWF1dGhvcml0eTAgFw0yNjExMjgy
MjEwNDhaGA8yMTI2MTEwNDIyMTA0OFowJDEOMAwGA1UECgwFVGVzdHMxEjAQBgNV
BAMMCWF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABH7aRtJZgvNV
raYsZv/XXksuzhqrCVKWt+xfEXEeBrWszkdnoDAQWp5g9KQckF40so8RhPX/gJW8
wEifuPzDkIijUzBRMB0GA1UdDgQWBBRIgNmWTJfvGMGqdRxTXiP4FaE0yjAfBgNV
HSMEGDAWgBRIgNmWTJfvGMGqdRxTXiP4FaE0yjAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0gAMEUCIQCTvr2F+RyWCb6kgrLcOh4VQ3krPqUq7d3NwbKrBhP9
swIgPFsn+sVWMeYXge0uZupKcxh9TTrRsX1iB6yGMv/vUwU=
-----END CERTIFICATE-----
`;

/** Where every world of the APIs has it. */
export const AUTHORITY_OBJECT = { CaCertificatesBundleS3Bucket: "bundles", CaCertificatesBundleS3Key: "authority.pem" } as const;
