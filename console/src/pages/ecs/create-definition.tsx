import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECSClient, RegisterTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { IAMClient } from "@aws-sdk/client-iam";
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useClient } from "../../api/clients.ts";
import { usePlace } from "../../api/live.ts";
import { CreatePage } from "../../parts/create-page.tsx";
import { useGoto } from "../../parts/goto.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { definitionOf, EMPTY_FORM, gigabytes, isComplete, logGroupOf, SIZES, type DefinitionForm } from "./definition-form.ts";
import { ensureLogGroup } from "./log-groups.ts";
import { executionRole, EXECUTION_ROLE, useTaskRoles } from "./roles.ts";
import { Variables } from "./variables.tsx";

const t = texts.createDefinition;

interface Option {
  readonly value: string;
  readonly label: string;
}

export function CreateDefinition() {
  const ecs = useClient(ECSClient);
  const iam = useClient(IAMClient);
  const logs = useClient(CloudWatchLogsClient);
  const { region } = usePlace();
  const goto = useGoto();
  const tell = useTell();
  const roles = useTaskRoles();
  const [form, setForm] = useState(EMPTY_FORM);
  const set = (change: Partial<DefinitionForm>): void => setForm((now) => ({ ...now, ...change }));
  const text = (name: "family" | "container" | "image" | "port") => ({
    value: form[name],
    spellcheck: false,
    onChange: ({ detail }: { readonly detail: { readonly value: string } }) => set({ [name]: detail.value }),
  });
  const create = async (): Promise<void> => {
    const role = form.executionRole === "create" ? await executionRole(iam, roles.data ?? []) : form.executionRole;
    if (form.logs) await ensureLogGroup(logs, logGroupOf(form.family));
    const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(definitionOf(form, region, role)));
    const { family = "", revision } = taskDefinition ?? {};
    tell(t.created(`${family}:${revision}`));
    goto("ecs", "task-definitions", family, String(revision));
  };
  const cpus = SIZES.map(([value, label]) => ({ value, label }));
  const memories = (SIZES.find(([cpu]) => cpu === form.cpu)?.[2] ?? []).map((mib) => ({ value: String(mib), label: gigabytes(mib) }));
  const known = (roles.data ?? []).map((arn) => ({ value: arn, label: arn.split("/").pop() ?? arn }));
  const none = { value: "", label: texts.words.none };
  return (
    <CreatePage
      title={texts.definitions.create}
      action={texts.create.title}
      incomplete={!isComplete(form)}
      create={create}
      cancel={() => goto("ecs", "task-definitions")}
    >
      <Container header={<Header variant="h2">{t.configuration}</Header>}>
        <FormField label={t.family} description={t.familyHow}>
          <Input {...text("family")} autoFocus />
        </FormField>
      </Container>
      <Container header={<Header variant="h2">{t.infrastructure}</Header>}>
        <SpaceBetween size="l">
          <Checkbox checked disabled>
            {texts.createCluster.fargateLong}
          </Checkbox>
          <ColumnLayout columns={2}>
            <Choice
              label={t.cpu}
              value={form.cpu}
              options={cpus}
              change={(cpu) => set({ cpu, memory: String(SIZES.find(([units]) => units === cpu)?.[2][0] ?? "") })}
            />
            <Choice label={t.memory} value={form.memory} options={memories} change={(memory) => set({ memory })} />
            <Choice
              label={t.taskRole}
              description={t.taskRoleHow}
              value={form.taskRole}
              options={[none, ...known]}
              change={(taskRole) => set({ taskRole })}
            />
            <Choice
              label={t.executionRole}
              description={t.executionRoleHow}
              value={form.executionRole}
              options={[{ value: "create", label: t.createRole(EXECUTION_ROLE) }, none, ...known]}
              change={(value) => set({ executionRole: value })}
            />
          </ColumnLayout>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{t.container}</Header>}>
        <SpaceBetween size="l">
          <ColumnLayout columns={2}>
            <FormField label={t.name}>
              <Input {...text("container")} />
            </FormField>
            <FormField label={t.image}>
              <Input {...text("image")} placeholder="repository-uri/image:tag" />
            </FormField>
            <FormField label={t.port} description={t.portHow}>
              <Input {...text("port")} inputMode="numeric" />
            </FormField>
          </ColumnLayout>
          <Variables variables={form.variables} change={(variables) => set({ variables })} />
          <Checkbox checked={form.logs} description={t.logsHow} onChange={({ detail }) => set({ logs: detail.checked })}>
            {t.logs}
          </Checkbox>
        </SpaceBetween>
      </Container>
    </CreatePage>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly description?: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly change: (value: string) => void;
}

function Choice({ label, description, value, options, change }: ChoiceProps) {
  return (
    <FormField label={label} description={description}>
      <Select
        selectedOption={options.find((option) => option.value === value) ?? null}
        options={options}
        filteringType={options.length > 10 ? "auto" : "none"}
        onChange={({ detail }) => change(detail.selectedOption.value ?? "")}
      />
    </FormField>
  );
}
