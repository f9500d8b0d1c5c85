import { expect, test } from "vitest";
import { operationSchema, type OperationSchema } from "../schema.ts";
import { wireRequest } from "../../testing/wire-request.ts";
import { awsJson } from "./aws-json.ts";
import { awsQuery } from "./aws-query.ts";

const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty"];

async function schemaOf(client: Promise<object>, name: string): Promise<OperationSchema> {
  const found = operationSchema((await client) as never, name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

test.each(NAMES)("a key of a map in JSON may be %s", async (name) => {
  const schema = await schemaOf(import("@aws-sdk/client-cloudwatch-logs"), "CreateLogGroup");
  const body = `{"logGroupName":"g","tags":{"${name}":"v"},"${name}":{"logGroupName":"h"}}`;
  const { tags, ...rest } = awsJson("1.1").read(schema, wireRequest({ body })) as { readonly tags: object };
  expect(Object.entries(tags)).toEqual([[name, "v"]]);
  expect(Object.entries(rest)).toEqual([["logGroupName", "g"]]);
  expect(Object.getPrototypeOf(rest)).toBe(Object.prototype);
});

test.each(NAMES)("a parameter of a form may be %s", async (name) => {
  const schema = await schemaOf(import("@aws-sdk/client-sts"), "AssumeRole");
  const body = `RoleArn=a&RoleSessionName=s&${name}=x&${name}.${name}=y&Tags.member.1.Key=${name}&Tags.member.1.Value=z&Tags.${name}.1.Key=q`;
  expect(awsQuery("urn:x").read(schema, wireRequest({ body }))).toEqual({
    RoleArn: "a",
    RoleSessionName: "s",
    Tags: [{ Key: name, Value: "z" }],
  });
});

test("JSON is counted before it is read", async () => {
  const schema = await schemaOf(import("@aws-sdk/client-cloudwatch-logs"), "CreateLogGroup");
  const body = `{"logGroupName":"g","unknown":[${"[],".repeat(200_000)}1]}`;
  expect(() => awsJson("1.1").read(schema, wireRequest({ body }))).toThrow("The request holds too many values.");
});

test("names of parameters with more parts than AWS has are refused, and so are many long ones together", async () => {
  const schema = await schemaOf(import("@aws-sdk/client-sts"), "AssumeRole");
  const read = (body: string) => () => awsQuery("urn:x").read(schema, wireRequest({ body }));
  expect(read(`${"a.".repeat(32)}a=1`)).toThrow("too many parts");
  const many = Array.from({ length: 4000 }, (_, at) => `${at}.${"a.".repeat(29)}a=1`).join("&");
  expect(read(many)).toThrow("too many parameters");
});
