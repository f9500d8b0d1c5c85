import { expect, test } from "vitest";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { taskEndpointId } from "../../state/task-endpoint-id.ts";
import { taskRecord } from "../../testing/task-record.ts";
import { endpointEnvironment } from "./endpoint-environment.ts";

const secrets = secretBox(Buffer.alloc(32, 1));
const task = taskRecord("a".repeat(32));
const link = { address: "169.254.170.2", port: 4566, standard: true };
const metadata = `/v4/${taskEndpointId(secrets, task, { kind: "metadata", container: "app" })}`;
const credentials = `/v2/credentials/${taskEndpointId(secrets, task, { kind: "credentials" })}`;

test("on port 80 credentials are told by their path, as on ECS", () => {
  expect(endpointEnvironment(secrets, link, task, "app", true)).toEqual({
    AWS_ENDPOINT_URL: "http://169.254.170.2:4566",
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
    ECS_CONTAINER_METADATA_URI_V4: `http://169.254.170.2${metadata}`,
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: credentials,
  });
});

test("where port 80 is taken they are told by their whole address", () => {
  expect(endpointEnvironment(secrets, { ...link, standard: false }, task, "app", true)).toEqual({
    AWS_ENDPOINT_URL: "http://169.254.170.2:4566",
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
    ECS_CONTAINER_METADATA_URI_V4: `http://169.254.170.2:4566${metadata}`,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://169.254.170.2:4566${credentials}`,
  });
});

test("a task without a role is told of no credentials, one without a network of nothing", () => {
  expect(Object.keys(endpointEnvironment(secrets, link, task, "app", false))).toEqual([
    "AWS_ENDPOINT_URL",
    "AWS_DISABLE_HOST_PREFIX_INJECTION",
    "ECS_CONTAINER_METADATA_URI_V4",
  ]);
  expect(endpointEnvironment(secrets, link, { ...task, networkMode: "none" }, "app", true)).toEqual({});
});
