import { ClientException } from "@aws-sdk/client-ecs";
import { because } from "../../operation.ts";

/** What RegisterTaskDefinition says of a definition that is not well-formed. */
export function refusal(message: string): ClientException {
  return new ClientException(because(message));
}
