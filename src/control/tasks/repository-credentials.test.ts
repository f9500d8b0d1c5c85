import { expect, test } from "vitest";
import type { PullableImage } from "../../ports/task-runner.ts";
import { withRepositoryCredentials } from "./repository-credentials.ts";

const SCOPE = { account: "123456789012", region: "eu-west-1" };
const ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:login-AbCdEf";
const IMAGE: PullableImage = { pullReference: "registry.example.com/app:1" };
const LOGIN = { username: "me", password: "mine" };
const UNREADABLE =
  "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: the secret of repositoryCredentials is no JSON object with username and password";

/** What is made of an image, and which secrets were asked for. */
function given(credentialsParameter: string | undefined, text = JSON.stringify(LOGIN), image = IMAGE) {
  const asked: string[] = [];
  const secret = (reference: string) => {
    asked.push(reference);
    return text === "denied" ? { failure: "no" } : { value: text };
  };
  const definition = credentialsParameter === undefined ? {} : { repositoryCredentials: { credentialsParameter } };
  return { made: withRepositoryCredentials(image, definition, SCOPE, { secret }), asked };
}

test.each([
  ["its ARN", ARN, ARN],
  ["its name, which is of the task's account and region", "arn-login", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:arn-login"],
])("a secret is read by %s, and the login in it goes with the image", (_how, parameter, reference) => {
  expect(given(parameter)).toEqual({ made: { ...IMAGE, registryAuth: LOGIN }, asked: [reference] });
});

test("more than user and password does not go with it", () => {
  expect(given(ARN, JSON.stringify({ ...LOGIN, email: "e" })).made).toEqual({ ...IMAGE, registryAuth: LOGIN });
});

test.each<[string, string | undefined, PullableImage]>([
  ["names no secret", undefined, IMAGE],
  ["cannot be pulled anyway", ARN, { failure: "no such image" }],
  ["has its login from the registry here", ARN, { ...IMAGE, registryAuth: { username: "AWS", password: "token" } }],
])("nothing is read for a container whose image %s", (_why, parameter, image) => {
  expect(given(parameter, undefined, image)).toEqual({ made: image, asked: [] });
});

test("a secret that may not be read fails the task, in the words of who refused it", () => {
  expect(given(ARN, "denied").made).toEqual({ failure: "no" });
});

test.each([
  "s3cret",
  "{",
  "[]",
  "{}",
  '{"username":"me"}',
  '{"password":"mine"}',
  '{"username":1,"password":"mine"}',
  '{"username":"me","password":1}',
])("a secret that holds %s is no login, and is quoted nowhere", (text) => {
  expect(given(ARN, text).made).toEqual({ failure: UNREADABLE });
});
