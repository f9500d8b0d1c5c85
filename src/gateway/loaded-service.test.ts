import { describe, expect, test } from "vitest";
import { madeUpOperations, madeUpService } from "../testing/made-up-service.ts";
import { loadService, protocolOf } from "./loaded-service.ts";

const client = {
  Read$: [9, "made", "Read", { http: ["GET", "/things/{Name}", 200] }, "unit", "unit"],
  Write$: [9, "made", "Write", { http: ["PUT", "/things/{Name}", 200] }, "unit", "unit"],
};

describe("a service", () => {
  test("is loaded once, however many ask", async () => {
    let loads = 0;
    const made = madeUpService({ client: () => Promise.resolve({ load: (loads += 1) }) });
    const [first, second] = await Promise.all([loadService(made), loadService(made)]);
    expect([second, await loadService(made)]).toEqual([first, first]);
    expect(second).toBe(first);
    expect(loads).toBe(1);
    expect(await loadService({ ...made })).not.toBe(first);
  });

  test("that could not be loaded is tried again at the next request", async () => {
    let loads = 0;
    const made = madeUpService({
      client: () => ((loads += 1) === 1 ? Promise.reject(new Error("no such package")) : Promise.resolve(client)),
    });
    await expect(loadService(made)).rejects.toThrow("no such package");
    expect((await loadService(made)).client).toBe(client);
  });

  test("has its operations by name, the schemas of all that AWS has, and what is asked of their values", async () => {
    const folder = madeUpOperations(["Read"]);
    const model = { shapes: { Short: { max: 3 } }, members: { In: { name: "Short" } } };
    const constraints = { model, exceptions: {} };
    const descriptor = madeUpService({
      client: () => Promise.resolve(client),
      operations: () => Promise.resolve({ ...folder, constraints }),
    });
    const service = await loadService(descriptor);
    expect(service.descriptor).toBe(descriptor);
    expect(service.emptyValues).toBe(folder.emptyValues);
    expect([...service.operations]).toEqual([["Read", folder.operations[0]]]);
    expect(service.checks("In", "name")?.constraints).toEqual([{ kind: "length", bound: "most", limit: 3 }]);
    expect([service.schema("Read")?.name, service.schema("Write")?.name, service.schema("Nothing")]).toEqual(["Read", "Write", undefined]);
    expect(service.schema("Read")).toBe(service.schema("Read"));
  });

  test("finds the operation that a method and a path ask for", async () => {
    const { routes } = await loadService(madeUpService({ client: () => Promise.resolve(client) }));
    expect(routes({ method: "GET", target: "/things/a" })).toBe("Read");
    expect(routes({ method: "PUT", target: "/things/a" })).toBe("Write");
    expect(routes({ method: "PUT", target: "/other" })).toBeUndefined();
  });
});

describe("what a service speaks", () => {
  const error = { code: "Gone", message: "why", status: 404, fault: "client", schema: undefined, members: {} } as const;

  test("in XML is in the name space of its own, where it has one", () => {
    const bodyOf = (xmlNamespace?: string): string =>
      String(protocolOf(madeUpService(xmlNamespace === undefined ? {} : { xmlNamespace }), "awsQuery").writeError(error, "id").body);
    expect(bodyOf("urn:made")).toContain('xmlns="urn:made"');
    expect(bodyOf()).not.toMatch(/xmlns="[^"]/);
  });

  test("tells the codes of the Query protocol besides, only where its clients know errors by them", () => {
    const headersOf = (changes: object): readonly string[] =>
      Object.keys(protocolOf(madeUpService(changes), "awsJson1.0").writeError(error, "id").headers);
    expect(headersOf({ queryCompatible: true })).toContain("x-amzn-query-error");
    expect(headersOf({ queryCompatible: false })).not.toContain("x-amzn-query-error");
    expect(headersOf({})).not.toContain("x-amzn-query-error");
  });
});
