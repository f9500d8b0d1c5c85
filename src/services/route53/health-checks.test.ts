import {
  CreateHealthCheckCommand,
  DeleteHealthCheckCommand,
  GetHealthCheckCommand,
  GetHealthCheckCountCommand,
  GetHealthCheckLastFailureReasonCommand,
  GetHealthCheckStatusCommand,
  ListHealthChecksCommand,
  Route53Client,
  UpdateHealthCheckCommand,
  type HealthCheckConfig,
} from "@aws-sdk/client-route-53";
import { describe, expect, test } from "vitest";
import { healthStatuses } from "../../state/route53-health.ts";
import { apiWorld, FOREIGN_KEYS, type ApiWorld, type Keys } from "../../testing/api-world.ts";

const r53 = (api: ApiWorld, keys?: Keys): Route53Client => api.client(Route53Client, "us-east-1", keys);
const HTTP: HealthCheckConfig = { Type: "HTTP", FullyQualifiedDomainName: "www.example.com" };

async function checkOf(api: ApiWorld, HealthCheckConfig: HealthCheckConfig = HTTP, CallerReference = "one"): Promise<string> {
  const { HealthCheck } = await r53(api).send(new CreateHealthCheckCommand({ CallerReference, HealthCheckConfig }));
  return HealthCheck?.Id ?? "";
}

describe("a health check", () => {
  test("is made with what AWS adds, and once for a reference", async () => {
    await using api = await apiWorld();
    const Id = await checkOf(api);
    const { HealthCheck } = await r53(api).send(new GetHealthCheckCommand({ HealthCheckId: Id }));
    expect(HealthCheck).toEqual({
      ...{ Id, CallerReference: "one", HealthCheckVersion: 1 },
      HealthCheckConfig: {
        ...HTTP,
        ...{
          Port: 80,
          RequestInterval: 30,
          FailureThreshold: 3,
          MeasureLatency: false,
          Inverted: false,
          Disabled: false,
          EnableSNI: false,
        },
      },
    });
    expect(await checkOf(api)).toBe(Id);
    await expect(checkOf(api, { ...HTTP, Port: 81 })).rejects.toMatchObject({
      name: "HealthCheckAlreadyExists",
      $metadata: { httpStatusCode: 409 },
    });
    expect((await r53(api).send(new GetHealthCheckCountCommand({}))).HealthCheckCount).toBe(1);
    expect(api.defects).toEqual([]);
  });

  test("changes version by version, and members go back to what they are by themselves", async () => {
    await using api = await apiWorld();
    const HealthCheckId = await checkOf(api, { ...HTTP, ResourcePath: "/health" });
    const changed = await r53(api).send(new UpdateHealthCheckCommand({ HealthCheckId, HealthCheckVersion: 1, Port: 8080, Disabled: true }));
    expect(changed.HealthCheck).toMatchObject({
      HealthCheckVersion: 2,
      HealthCheckConfig: { Port: 8080, Disabled: true, ResourcePath: "/health" },
    });
    const stale = new UpdateHealthCheckCommand({ HealthCheckId, HealthCheckVersion: 1, Port: 8081 });
    await expect(r53(api).send(stale)).rejects.toMatchObject({ name: "HealthCheckVersionMismatch" });
    const reset = await r53(api).send(new UpdateHealthCheckCommand({ HealthCheckId, ResetElements: ["ResourcePath"] }));
    expect(reset.HealthCheck?.HealthCheckConfig?.ResourcePath).toBeUndefined();
  });

  test("of others is not there", async () => {
    await using api = await apiWorld();
    const HealthCheckId = await checkOf(api);
    await expect(r53(api, FOREIGN_KEYS).send(new GetHealthCheckCommand({ HealthCheckId }))).rejects.toMatchObject({
      name: "NoSuchHealthCheck",
    });
    const child: HealthCheckConfig = { Type: "CALCULATED", ChildHealthChecks: [HealthCheckId], HealthThreshold: 1 };
    const borrowed = new CreateHealthCheckCommand({ CallerReference: "c", HealthCheckConfig: child });
    await expect(r53(api, FOREIGN_KEYS).send(borrowed)).rejects.toMatchObject({ name: "InvalidInput" });
  });

  test("that is a child stays", async () => {
    await using api = await apiWorld();
    const HealthCheckId = await checkOf(api);
    const parent = await checkOf(api, { Type: "CALCULATED", ChildHealthChecks: [HealthCheckId], HealthThreshold: 1 }, "two");
    await expect(r53(api).send(new DeleteHealthCheckCommand({ HealthCheckId }))).rejects.toMatchObject({ name: "HealthCheckInUse" });
    await r53(api).send(new DeleteHealthCheckCommand({ HealthCheckId: parent }));
    await r53(api).send(new DeleteHealthCheckCommand({ HealthCheckId }));
    expect((await r53(api).send(new ListHealthChecksCommand({}))).HealthChecks).toEqual([]);
  });

  test("tells what was found, and how it last failed", async () => {
    await using api = await apiWorld();
    const HealthCheckId = await checkOf(api);
    const parent = await checkOf(api, { Type: "CALCULATED", ChildHealthChecks: [HealthCheckId], HealthThreshold: 1 }, "two");
    const statusOf = async (id: string) =>
      (await r53(api).send(new GetHealthCheckStatusCommand({ HealthCheckId: id }))).HealthCheckObservations;
    expect(await statusOf(HealthCheckId)).toEqual([]);
    const failure = { at: 2000, text: "Failure: ECONNREFUSED" };
    const status = {
      id: HealthCheckId,
      account: "123456789012",
      healthy: false,
      checkedAt: 2000,
      text: failure.text,
      lastFailure: failure,
    };
    api.state.commit(() => api.state.table(healthStatuses).put(status));
    const told = [{ Region: "us-east-1", IPAddress: "127.0.0.1", StatusReport: { Status: failure.text, CheckedTime: new Date(2000) } }];
    expect(await statusOf(HealthCheckId)).toEqual(told);
    expect((await r53(api).send(new GetHealthCheckLastFailureReasonCommand({ HealthCheckId }))).HealthCheckObservations).toEqual(told);
    expect((await statusOf(parent))?.[0]?.StatusReport?.Status).toBe("Failure: too few child health checks are healthy");
  });

  test.each<[string, HealthCheckConfig, string]>([
    ["no endpoint", { Type: "HTTP" }, "IP address or a fully qualified domain name"],
    ["no port for TCP", { Type: "TCP", IPAddress: "192.0.2.1" }, "Port must be specified"],
    ["a path for TCP", { Type: "TCP", IPAddress: "192.0.2.1", Port: 1, ResourcePath: "/" }, "ResourcePath is not allowed"],
    ["nothing to search for", { ...HTTP, Type: "HTTP_STR_MATCH" }, "SearchString must be specified"],
    ["something to search for", { ...HTTP, SearchString: "x" }, "SearchString must be specified"],
    ["an interval of its own", { ...HTTP, RequestInterval: 20 }, "RequestInterval must be 10 or 30"],
    ["loopback", { Type: "HTTP", IPAddress: "127.0.0.1" }, "127.0.0.1 is not an address"],
    ["where clouds keep credentials", { Type: "HTTP", IPAddress: "169.254.169.254" }, "169.254.169.254 is not an address"],
    ["loopback in IPv6", { Type: "HTTP", IPAddress: "::1" }, "::1 is not an address"],
    ["SNI without TLS", { ...HTTP, EnableSNI: true }, "EnableSNI is allowed for HTTPS"],
    ["children", { ...HTTP, ChildHealthChecks: ["x"] }, "ChildHealthChecks and HealthThreshold are not allowed"],
    ["an alarm", { Type: "CLOUDWATCH_METRIC", AlarmIdentifier: { Region: "us-east-1", Name: "a" } }, "no CloudWatch alarms"],
    ["a routing control", { Type: "RECOVERY_CONTROL", RoutingControlArn: "arn:aws:a" }, "no Application Recovery Controller"],
    ["latency to be measured", { ...HTTP, MeasureLatency: true }, "MeasureLatency is refused"],
    ["checkers elsewhere", { ...HTTP, Regions: ["us-east-1", "us-west-1", "eu-west-1"] }, "Regions is refused"],
    ["a child that is not there", { Type: "CALCULATED", ChildHealthChecks: ["x"] }, "child health check x does not exist"],
    ["an endpoint of a calculated one", { Type: "CALCULATED", ChildHealthChecks: [], Port: 80 }, "Port not allowed"],
  ])("is refused with %s", async (_, config, message) => {
    await using api = await apiWorld();
    await expect(checkOf(api, config)).rejects.toMatchObject({ name: "InvalidInput", message: expect.stringContaining(message) as string });
    expect(api.defects).toEqual([]);
  });
});
