import type { Protocol, WireRequest } from "./protocol.ts";
import { readCbor, writeCbor } from "./cbor-codec.ts";
import { queryErrorHeader, type Compatibility } from "./query-error-header.ts";

const PROTOCOL = "rpc-v2-cbor";
const CONTENT_TYPE = "application/cbor";

/** Whether a request says that it is in this protocol. */
export function speaksCbor({ headers }: Pick<WireRequest, "headers">): boolean {
  return headers["smithy-protocol"] === PROTOCOL;
}

/** The names of service and operation in the path of a request: `/service/GraniteServiceVersion20100801/operation/PutMetricData`. */
export function cborTarget({ target }: Pick<WireRequest, "target">): { readonly service: string; readonly operation: string } | undefined {
  const [, service, operation] = /\/service\/([^/?]+)\/operation\/([^/?]+)(?:\?|$)/.exec(target) ?? [];
  return service === undefined || operation === undefined ? undefined : { service, operation };
}

/** rpcv2Cbor. Does not speak event streams. Source: Smithy, "Smithy RPC v2 CBOR protocol". */
export function rpcV2Cbor({ queryCompatible = false }: Compatibility = {}): Protocol {
  const headers = (requestId: string) => ({ "content-type": CONTENT_TYPE, "smithy-protocol": PROTOCOL, "x-amzn-requestid": requestId });
  return {
    read: (operation, request) => (operation.input ? readCbor(operation.input, request.body) : {}),
    write: (operation, output, requestId) => ({
      status: 200,
      headers: headers(requestId),
      body: writeCbor(operation.output, output ?? {}),
    }),
    writeError(error, requestId) {
      const { code, message, status, schema, members } = error;
      const body = writeCbor(schema?.shape, members, { __type: code, message });
      return { status, headers: { ...headers(requestId), ...(queryCompatible ? queryErrorHeader(error) : {}) }, body };
    },
  };
}
