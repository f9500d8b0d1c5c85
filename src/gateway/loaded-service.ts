import type { Operation } from "../services/operation.ts";
import type { EmptyValues } from "../services/empty-values.ts";
import type { ServiceDescriptor } from "../services/service.ts";
import { awsJson } from "./protocols/aws-json.ts";
import { awsQuery, ec2Query } from "./protocols/aws-query.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { operationSchema, type OperationSchema } from "./schema.ts";

/** A service with its SDK package and its operations in memory. */
export interface LoadedService {
  readonly descriptor: ServiceDescriptor;
  readonly client: Readonly<Record<string, unknown>>;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly emptyValues: EmptyValues;
  /** The schema of an operation that AWS has, whether it is implemented here or not. */
  schema(name: string): OperationSchema | undefined;
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
  const [client, { operations, emptyValues }] = await Promise.all([descriptor.client(), descriptor.operations()]);
  const schemas = new Map<string, OperationSchema | undefined>();
  const record = client as Readonly<Record<string, unknown>>;
  return {
    descriptor,
    client: record,
    emptyValues,
    operations: new Map(operations.map((operation) => [operation.name, operation])),
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

/** The protocol of a service; made once, since it holds no state. */
export function protocolOf({ protocol, xmlNamespace = "" }: ServiceDescriptor): Protocol {
  switch (protocol) {
    case "awsJson1.0":
      return awsJson("1.0");
    case "awsJson1.1":
      return awsJson("1.1");
    case "awsQuery":
      return awsQuery(xmlNamespace);
    case "ec2Query":
      return ec2Query(xmlNamespace);
  }
}
