import { describe, expect, test } from "vitest";
import { readIdentifier, readIdentifierIn } from "./identifier.ts";

const AT = { account: "222222222222", region: "us-east-1" };
const arn = (resource: string, { account, region } = AT): string => `arn:aws:ecs:${region}:${account}:${resource}`;

describe("an identifier means", () => {
  test.each([
    ["a name, as it is", "shop", { path: "shop" }],
    ["what its ARN names", arn("cluster/shop"), { path: "shop" }],
    [
      "nothing of another account",
      arn("cluster/shop", { ...AT, account: "123456789012" }),
      { refusal: "Invalid identifier: Identifier is for 123456789012. Your accountId is 222222222222" },
    ],
    [
      "nothing of another region",
      arn("cluster/shop", { ...AT, region: "eu-west-1" }),
      { refusal: "Invalid identifier: Identifier is for eu-west-1. Your region is us-east-1" },
    ],
    ["nothing of another kind", arn("service/shop"), { refusal: "Invalid identifier: Unexpected number of separators" }],
    [
      "nothing of another service",
      arn("cluster/shop").replace(":ecs:", ":ecr:"),
      { refusal: "Invalid identifier: Unexpected number of separators" },
    ],
    [
      "nothing that is nearly an ARN",
      "ARN:aws:ecs:us-east-1:222222222222:cluster/shop",
      { refusal: "Invalid identifier: Unexpected number of separators" },
    ],
  ])("%s", (_, text, expected) => {
    expect(readIdentifier(AT, "cluster", text)).toEqual(expected);
  });
});

describe("an identifier in the cluster shop means", () => {
  test.each([
    ["a name", "web", { path: "web" }],
    ["a name with a slash, which nothing has", "other/web", { path: "other/web" }],
    ["an ARN", arn("service/shop/web"), { path: "web" }],
    ["an ARN of the old form", arn("service/web"), { path: "web" }],
    [
      "nothing of another cluster",
      arn("service/other/web"),
      { refusal: "Invalid identifier: Identifier is for cluster other. Your cluster is shop" },
    ],
    ["nothing with more parts", arn("service/shop/web/more"), { refusal: "Invalid identifier: Unexpected number of separators" }],
  ])("%s", (_, text, expected) => {
    expect(readIdentifierIn(AT, "service", "shop", text)).toEqual(expected);
  });
});
