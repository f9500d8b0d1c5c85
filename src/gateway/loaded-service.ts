import type { Operation } from "../services/operation.ts";
import type { EmptyValues } from "../services/empty-values.ts";
import type { ServiceDescriptor, WireProtocol } from "../services/service.ts";
import { valueChecks, type ValueChecks } from "./constraints/value-checks.ts";
import { interpreterOf } from "./protocols/interpreters.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { restRoutes, type RestRoutes } from "./protocols/rest-route.ts";
import { operationRoutes, operationSchema, type OperationSchema } from "./schema.ts";

/** A service with its SDK package and its operations in memory. */
export interface LoadedService {
  readonly descriptor: ServiceDescriptor;
  readonly client: Readonly<Record<string, unknown>>;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly emptyValues: EmptyValues;
  readonly checks: ValueChecks;
  /** The schema of an operation that AWS has, whether it is implemented here or not. */
  schema(name: string): OperationSchema | undefined;
  /** The name of the operation that a request of a REST protocol asks for. */
  readonly routes: RestRoutes;
}

const loaded = new Map<ServiceDescriptor, Promise<LoadedService>>();

/** Loads a service once; a failed attempt is tried again at the next request. */
export function loadService(descriptor: ServiceDescriptor): Promise<LoadedService> {
  let loading = loaded.get(descriptor);
  if (!loading) {
    loading = load(descriptor);
    loaded.set(descriptor, loading);
    loading.catch(() => loaded.delete(descriptor));
  }
  return loading;
}

async function load(descriptor: ServiceDescriptor): Promise<LoadedService> {
  const [client, { operations, emptyValues, constraints }] = await Promise.all([descriptor.client(), descriptor.operations()]);
  const schemas = new Map<string, OperationSchema | undefined>();
  const record = client as Readonly<Record<string, unknown>>;
  let routes: RestRoutes | undefined;
  return {
    descriptor,
    client: record,
    emptyValues,
    checks: valueChecks(constraints),
    operations: new Map(operations.map((operation) => [operation.name, operation])),
    routes(request) {
      routes ??= restRoutes(operationRoutes(record));
      return routes(request);
    },
    schema(name) {
      if (!schemas.has(name)) {
        const schema = operationSchema(record, name);
        // Names come from clients: only those that exist are remembered.
        if (!schema) return undefined;
        schemas.set(name, schema);
      }
      return schemas.get(name);
    },
  };
}

/** The interpreters of all protocols that a service speaks; made once, since they hold no state. */
export function interpretersOf(service: ServiceDescriptor): ReadonlyMap<WireProtocol, Protocol> {
  return new Map([service.protocol, ...(service.furtherProtocols ?? [])].map((protocol) => [protocol, protocolOf(service, protocol)]));
}

/** The interpreter of a protocol that a service speaks. */
export function protocolOf({ xmlNamespace = "", queryCompatible = false }: ServiceDescriptor, protocol: WireProtocol): Protocol {
  return interpreterOf(protocol, { xmlNamespace, queryCompatible });
}
