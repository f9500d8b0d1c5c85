import { DescribeTaskDefinitionCommand, ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { messageOf } from "../../api/errors.ts";
import { CreatePage } from "../../parts/create-page.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { useGoto } from "../../parts/goto.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { readDefinition, registrationOf, TEMPLATE } from "./definition-json.ts";

const t = texts.createDefinition;

/** A task definition as a document, from nothing or from a revision that there is (`?from=family:revision`). */
export function CreateDefinitionJson() {
  const [asked] = useSearchParams();
  const from = asked.get("from") ?? undefined;
  const ecs = useClient(ECSClient);
  const goto = useGoto();
  const tell = useTell();
  const before = useLive({
    key: ["definition", from],
    kinds: [],
    enabled: from !== undefined,
    load: async (abortSignal) =>
      (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: from }), { abortSignal })).taskDefinition,
  });
  const begin = from === undefined ? TEMPLATE : before.data && registrationOf(before.data);
  const [written, write] = useState<string>();
  const text = written ?? (begin ? JSON.stringify(begin, undefined, 2) : "");
  const wrong = problemIn(text);
  const create = async (): Promise<void> => {
    const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(readDefinition(text)));
    const { family = "", revision } = taskDefinition ?? {};
    tell(t.created(`${family}:${revision}`));
    goto("ecs", "task-definitions", family, String(revision));
  };
  return (
    <CreatePage
      title={texts.definitions.createJson}
      description={t.jsonHow}
      action={texts.create.title}
      incomplete={wrong !== undefined}
      create={create}
      cancel={() => goto("ecs", "task-definitions")}
    >
      {before.error && <ErrorAlert error={before.error} />}
      <Container header={<Header variant="h2">JSON</Header>}>
        <FormField label={t.document} stretch errorText={text === "" ? undefined : wrong}>
          <Textarea value={text} rows={28} spellcheck={false} onChange={({ detail }) => write(detail.value)} />
        </FormField>
      </Container>
    </CreatePage>
  );
}

function problemIn(text: string): string | undefined {
  try {
    readDefinition(text);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
