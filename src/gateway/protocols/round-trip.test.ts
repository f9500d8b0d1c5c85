import { AwsQueryProtocol } from "@aws-sdk/core/protocols";
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";
import { type HttpRequest, HttpResponse } from "@smithy/core/protocols";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SERVICES } from "../../services/catalogue.ts";
import type { WireProtocol } from "../../services/service.ts";
import { FURTHER_SERVICES } from "../../testing/further-services.ts";
import { shapeValues } from "../../testing/shape-values.ts";
import { wireRequest } from "../../testing/wire-request.ts";
import { protocolOf } from "../loaded-service.ts";
import { operationNames, operationRoutes, operationSchema } from "../schema.ts";
import type { WireRequest } from "./protocol.ts";
import { restRoutes } from "./rest-route.ts";

/** How many values each operation is tried with. */
const RUNS = 4;

interface SdkProtocol {
  serializeRequest(schema: unknown, input: unknown, context: unknown): Promise<HttpRequest>;
  deserializeResponse(schema: unknown, context: unknown, response: HttpResponse): Promise<Record<string, unknown>>;
  setSerdeContext(context: unknown): void;
}

/** EC2 has 750 operations; those of its networking part are enough. */
const isOurs = (service: string, name: string): boolean =>
  (service !== "ec2" || /Vpc|Subnet|SecurityGroup|NetworkInterface|Tags/.test(name)) && !EVENT_STREAMS.has(name);

/** Event streams are a protocol of their own. */
const EVENT_STREAMS = new Set(["GetLogObject", "StartLiveTail"]);

/** How the SDK is told to speak another protocol than its client's first one. */
const SDK_PROTOCOLS: Partial<Readonly<Record<WireProtocol, unknown>>> = { awsQuery: AwsQueryProtocol, rpcv2Cbor: SmithyRpcV2CborProtocol };

const SPOKEN = [...SERVICES, ...FURTHER_SERVICES].flatMap((service) =>
  [service.protocol, ...(service.furtherProtocols ?? [])].map((protocol) => [service.id, protocol, service] as const),
);

// The SDK's own client side is the oracle: what it writes we must read, what we write it must read.
describe.each(SPOKEN)("%s in %s speaks with the SDK", (id, protocol, service) => {
  test("both ways, for every operation of AWS's", async () => {
    const client = (await service.client()) as Readonly<Record<string, unknown>>;
    const { sdk, context } = sdkProtocol(client, service.furtherProtocols ? SDK_PROTOCOLS[protocol] : undefined);
    const ours = protocolOf(service, protocol);
    const routes = restRoutes(operationRoutes(client));
    for (const name of operationNames(client).filter((operation) => isOurs(id, operation))) {
      const schema = operationSchema(client, name)!;
      const sdkSchema = sdkOperation(client[`${name}$`] as readonly unknown[]);
      await fc.assert(
        fc.asyncProperty(
          schema.input ? shapeValues(schema.input) : fc.constant({}),
          schema.output ? shapeValues(schema.output) : fc.constant({}),
          async (input, output) => {
            const sent = await sdk.serializeRequest(sdkSchema, input, context);
            const request = received(sent);
            const read = ours.read(schema, request);
            expect(routes(request)).toBe(schema.http ? name : undefined);
            // The SDK adds idempotency tokens, so there may be more than was given.
            expect(normal(read), `${name} request`).toMatchObject(normal(input) as object);

            const answer = ours.write(schema, output, "request-id");
            const understood = await sdk.deserializeResponse(
              sdkSchema,
              context,
              new HttpResponse({ statusCode: answer.status, headers: answer.headers, body: Buffer.from(answer.body) }),
            );
            const { $metadata: _, ...members } = understood;
            expect(normal(members), `${name} response`).toEqual(normal(output));
          },
        ),
        { numRuns: RUNS, seed: 7 },
      );
    }
  });
});

/** The protocol of a client package, with what it needs to encode. */
function sdkProtocol(
  client: Readonly<Record<string, unknown>>,
  protocol: unknown,
): { readonly sdk: SdkProtocol; readonly context: unknown } {
  const [, constructor] = Object.entries(client).find(([name]) => /^[A-Za-z0-9]+Client$/.test(name) && name !== "__Client") ?? [];
  const instance = new (constructor as new (config: unknown) => { config: Record<string, unknown> })({
    region: "us-east-1",
    endpoint: "http://localhost",
    ...(protocol === undefined ? {} : { protocol }),
  });
  const { config } = instance;
  const sdk = config["protocol"] as SdkProtocol;
  const context = {
    ...config,
    endpoint: () => Promise.resolve({ protocol: "http:", hostname: "localhost", path: "/" }),
    streamCollector: (body: Uint8Array) => Promise.resolve(body),
  };
  sdk.setSerdeContext(context);
  return { sdk, context };
}

/** A request of the SDK as the server hands it to the gateway. */
function received({ method, path, query, headers, body }: HttpRequest): WireRequest {
  const parameters = Object.entries(query ?? {}).flatMap(([name, value]) => [value].flat().map((one) => [name, one ?? ""] as const));
  const text = parameters.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
  return wireRequest({
    method,
    target: text === "" ? path : `${path}?${text}`,
    lines: Object.entries(headers).flat(),
    body: bytesOf(body),
  });
}

function bytesOf(body: unknown): Buffer {
  return body instanceof Uint8Array
    ? Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    : Buffer.from((body as string | undefined) ?? "");
}

function sdkOperation(schema: readonly unknown[]): unknown {
  const [, namespace, name, traits, input, output] = schema;
  return { namespace, name, traits, input, output };
}

/** Bytes, times and prototypes in a form that compares by value. */
function normal(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, normal(member)]),
  );
}
