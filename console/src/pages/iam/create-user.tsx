import { AttachUserPolicyCommand, CreateUserCommand, IAMClient, paginateListPolicies } from "@aws-sdk/client-iam";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import { useState } from "react";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { CreatePage } from "../../parts/create-page.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { useGoto } from "../../parts/goto.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { deleteUser } from "./delete-user.ts";

const t = texts.users;

export function CreateUser() {
  const iam = useClient(IAMClient);
  const goto = useGoto();
  const tell = useTell();
  const [name, setName] = useState("");
  const [chosen, choose] = useState<readonly string[]>([]);
  const policies = useLive({
    key: ["policies"],
    kinds: [],
    load: () => everything(paginateListPolicies({ client: iam, pageSize: 1000 }, {}), ({ Policies }) => Policies),
  });
  const options = (policies.data ?? []).map(({ Arn = "", PolicyName = "" }) => ({ value: Arn, label: PolicyName }));
  const create = async (): Promise<void> => {
    const UserName = name.trim();
    await iam.send(new CreateUserCommand({ UserName }));
    try {
      for (const PolicyArn of chosen) await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn }));
    } catch (refusal) {
      // A user with half of what it was to have is none that was asked for.
      await deleteUser(iam, UserName).catch(() => undefined);
      throw refusal;
    }
    tell(t.created(UserName));
    goto("iam", "users", UserName);
  };
  return (
    <CreatePage title={t.create} action={t.create} incomplete={name.trim() === ""} create={create} cancel={() => goto("iam", "users")}>
      <Container header={<Header variant="h2">{t.details}</Header>}>
        <FormField label={t.name} constraintText={t.nameRule}>
          <Input value={name} autoFocus spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </Container>
      <Container header={<Header variant="h2">{t.permissions}</Header>}>
        {policies.error && <ErrorAlert error={policies.error} />}
        <FormField label={t.policies} description={t.policiesHow}>
          <Multiselect
            selectedOptions={options.filter(({ value }) => chosen.includes(value))}
            options={options}
            deselectAriaLabel={({ label = "" }) => texts.choice.remove(label)}
            filteringType="auto"
            statusType={policies.isPending ? "loading" : "finished"}
            onChange={({ detail }) => choose(detail.selectedOptions.flatMap(({ value }) => value ?? []))}
          />
        </FormField>
      </Container>
    </CreatePage>
  );
}
