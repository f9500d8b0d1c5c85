import type { RegisterTaskDefinitionCommandInput, TaskDefinition } from "@aws-sdk/client-ecs";

/** What a revision was registered with: what the server says of it besides is left out, and so is what is empty. */
export function registrationOf(definition: TaskDefinition): Partial<RegisterTaskDefinitionCommandInput> {
  const {
    taskDefinitionArn: _arn,
    revision: _revision,
    status: _status,
    requiresAttributes: _attributes,
    compatibilities: _compatibilities,
    registeredAt: _at,
    registeredBy: _by,
    deregisteredAt: _until,
    ...asked
  } = definition;
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}

/** Where somebody begins who has none yet. */
export const TEMPLATE: Partial<RegisterTaskDefinitionCommandInput> = {
  family: "my-app",
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  cpu: "256",
  memory: "512",
  containerDefinitions: [{ name: "app", image: "", essential: true, portMappings: [{ containerPort: 80, protocol: "tcp" }] }],
};

/** Reads a definition. @throws SyntaxError where the text is no JSON object */
export function readDefinition(text: string): RegisterTaskDefinitionCommandInput {
  const read: unknown = JSON.parse(text);
  if (typeof read !== "object" || read === null || Array.isArray(read)) throw new SyntaxError("A task definition is a JSON object.");
  return read as RegisterTaskDefinitionCommandInput;
}
