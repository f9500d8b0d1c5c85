import { EC2Client } from "@aws-sdk/client-ec2";
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";
import { useParams } from "react-router";
import { useClient } from "../../api/clients.ts";
import { CreatePage } from "../../parts/create-page.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { useGoto } from "../../parts/goto.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { isWhole, peerOf, portsOf, saveRules, TYPES, typeOf, useRules, type EditedRule } from "./security-group-rules.ts";

const t = texts.securityGroups;

export function EditInboundRules() {
  const { group = "" } = useParams();
  const ec2 = useClient(EC2Client);
  const goto = useGoto();
  const tell = useTell();
  const rules = useRules(group);
  const [edited, setEdited] = useState<readonly EditedRule[]>();
  const before = rules.data ?? [];
  const shown =
    edited ??
    before.flatMap((rule): readonly EditedRule[] =>
      rule.IsEgress === true || rule.SecurityGroupRuleId === undefined
        ? []
        : [{ id: rule.SecurityGroupRuleId, type: typeOf(rule), ports: portsOf(rule), source: peerOf(rule) }],
    );
  const set = (at: number, change: Partial<EditedRule>): void =>
    setEdited(shown.map((rule, index) => (index === at ? { ...rule, ...change } : rule)));
  const save = async (): Promise<void> => {
    await saveRules(ec2, group, before, shown);
    await rules.refetch();
    tell(t.saved(group));
    goto("ec2", "security-groups", group);
  };
  return (
    <CreatePage
      title={t.edit}
      description={t.editHow}
      action={t.save}
      incomplete={edited === undefined || !shown.every(isWhole)}
      create={save}
      cancel={() => goto("ec2", "security-groups", group)}
    >
      {rules.error && <ErrorAlert error={rules.error} />}
      <Container header={<Header variant="h2">{t.inbound}</Header>}>
        <AttributeEditor
          items={shown}
          addButtonText={t.add}
          removeButtonText={t.remove}
          empty={t.noInbound}
          onAddButtonClick={() => setEdited([...shown, { type: "Custom TCP", ports: "", source: "" }])}
          onRemoveButtonClick={({ detail }) => setEdited(shown.filter((_, at) => at !== detail.itemIndex))}
          definition={[
            {
              label: t.type,
              control: ({ id, type }, at) => (
                <Select
                  ariaLabel={t.type}
                  disabled={id !== undefined}
                  selectedOption={{ value: type, label: type }}
                  options={TYPES.map(({ value }) => ({ value, label: value }))}
                  onChange={({ detail }) => {
                    const chosen = TYPES.find(({ value }) => value === detail.selectedOption.value);
                    set(at, { type: chosen?.value ?? "Custom TCP", ports: chosen?.ports ?? "" });
                  }}
                />
              ),
            },
            {
              label: t.ports,
              control: ({ id, type, ports }, at) => (
                <Input
                  ariaLabel={t.ports}
                  value={type === "All traffic" ? t.all : ports}
                  disabled={id !== undefined || !type.startsWith("Custom")}
                  placeholder={t.portsHow}
                  onChange={({ detail }) => set(at, { ports: detail.value })}
                />
              ),
            },
            {
              label: t.source,
              control: ({ id, source }, at) => (
                <Input
                  ariaLabel={t.source}
                  value={source}
                  disabled={id !== undefined}
                  placeholder={t.sourceHow}
                  onChange={({ detail }) => set(at, { source: detail.value })}
                />
              ),
            },
          ]}
        />
      </Container>
    </CreatePage>
  );
}
