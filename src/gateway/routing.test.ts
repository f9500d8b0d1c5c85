import { describe, expect, test } from "vitest";
import type { WireProtocol } from "../services/service.ts";
import { madeUpService } from "../testing/made-up-service.ts";
import { wireRequest } from "../testing/wire-request.ts";
import { route } from "./routing.ts";

const SERVICES = [
  madeUpService({ id: "json", signingName: "json", protocol: "awsJson1.1", target: "Json_2015" }),
  madeUpService({ id: "query", signingName: "query", protocol: "awsQuery", version: "2010-05-08" }),
  madeUpService({ id: "rest", signingName: "rest", protocol: "restJson" }),
  madeUpService({
    id: "old",
    signingName: "old",
    protocol: "awsQuery",
    furtherProtocols: ["awsJson1.0", "rpcv2Cbor"],
    target: "Old_2010",
    version: "2010-08-01",
  }),
  madeUpService({ id: "ec2", signingName: "ec2", protocol: "ec2Query", version: "2016-11-15" }),
];

type Found = readonly [
  id: string | undefined,
  serviceName: string | undefined,
  operation: string | undefined,
  protocol: WireProtocol | undefined,
];

function found(request: Parameters<typeof wireRequest>[0], looked?: number): Found {
  const { service, serviceName, operation, protocol } = route(wireRequest(request), SERVICES, looked);
  return [service?.id, serviceName, operation, protocol];
}

const target = (name: string) => ({ lines: ["x-amz-target", name] });
const cbor = (path: string) => ({ lines: ["smithy-protocol", "rpc-v2-cbor"], target: path });
const signed = (service: string) => ({
  lines: ["authorization", `AWS4-HMAC-SHA256 Credential=AKIA/20260102/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`],
});

describe("by its target", () => {
  test.each<[string, Found]>([
    ["Json_2015.Read", ["json", "Json_2015", "Read", "awsJson1.1"]],
    ["com.amazonaws.Json_2015.Read", ["json", "com.amazonaws.Json_2015", "Read", "awsJson1.1"]],
    ["Old_2010.Read", ["old", "Old_2010", "Read", "awsJson1.0"]],
    ["NotJson_2015.Read", [undefined, "NotJson_2015", "Read", undefined]],
    ["Json_2015.more.Read", [undefined, "Json_2015.more", "Read", undefined]],
    ["Json_2015", [undefined, "", "Json_2015", undefined]],
    [".Read", [undefined, "", "Read", undefined]],
    ["", [undefined, "", "", undefined]],
    // A service without a target is found by none, whatever it is called.
    ["undefined.Read", [undefined, "undefined", "Read", undefined]],
    ["x.undefined.Read", [undefined, "x.undefined", "Read", undefined]],
  ])("%s", (name, expected) => {
    expect(found(target(name))).toEqual(expected);
  });

  test("before signature and form", () => {
    const request = { lines: [...target("Json_2015.Read").lines, ...signed("query").lines], body: "Action=List&Version=2010-05-08" };
    expect(found(request)).toEqual(["json", "Json_2015", "Read", "awsJson1.1"]);
  });
});

describe("by its path in rpcv2Cbor", () => {
  test.each<[string, Found]>([
    ["/service/Old_2010/operation/Read", ["old", "Old_2010", "Read", "rpcv2Cbor"]],
    ["/service/Json_2015/operation/Read", ["json", "Json_2015", "Read", "awsJson1.1"]],
    ["/service/Nobody/operation/Read", [undefined, "Nobody", "Read", undefined]],
    ["/", [undefined, undefined, undefined, undefined]],
  ])("%s", (path, expected) => {
    expect(found(cbor(path))).toEqual(expected);
  });

  test("only where the request says that it speaks it", () => {
    expect(found({ target: "/service/Old_2010/operation/Read" })).toEqual([undefined, undefined, undefined, undefined]);
  });
});

describe("by signing name, version and action", () => {
  test.each<[string, string | undefined, string, Found]>([
    ["a Query service by its signing name", "query", "Action=List", ["query", "query", "List", "awsQuery"]],
    ["by its version, without a signature", undefined, "Action=List&Version=2010-08-01", ["old", undefined, "List", "awsQuery"]],
    ["the signing name before the version", "query", "Action=List&Version=2010-08-01", ["query", "query", "List", "awsQuery"]],
    ["by its version, signed for nobody's", "nobody", "Action=List&Version=2016-11-15", ["ec2", "nobody", "List", "ec2Query"]],
    ["a REST service by its signing name alone", "rest", "", ["rest", "rest", undefined, "restJson"]],
    ["a REST service, with an action that it has not", "rest", "Action=List", ["rest", "rest", "List", "restJson"]],
    ["a JSON service, asked nothing", "json", "", ["json", "json", undefined, "awsJson1.1"]],
    ["no service without a version by none", undefined, "Action=List", [undefined, undefined, "List", undefined]],
    ["nobody's by its version", undefined, "Action=List&Version=1999-01-01", [undefined, undefined, "List", undefined]],
    ["nothing", undefined, "", [undefined, undefined, undefined, undefined]],
  ])("%s", (_, signingName, body, expected) => {
    expect(found({ body, ...(signingName === undefined ? {} : signed(signingName)) })).toEqual(expected);
  });

  test("looking at so many parameters as may be looked at", () => {
    expect(found({ body: "a&b&Action=List", ...signed("query") }, 2)).toEqual(["query", "query", undefined, "awsQuery"]);
    expect(found({ body: "a&b&Action=List", ...signed("query") }, 3)).toEqual(["query", "query", "List", "awsQuery"]);
  });
});
