import { CreateClusterCommand, ECSClient } from "@aws-sdk/client-ecs";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";
import { useClient } from "../../api/clients.ts";
import { CreatePage } from "../../parts/create-page.tsx";
import { useGoto } from "../../parts/goto.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";

const t = texts.createCluster;

export function CreateCluster() {
  const ecs = useClient(ECSClient);
  const goto = useGoto();
  const tell = useTell();
  const [name, setName] = useState("");
  const create = async (): Promise<void> => {
    const clusterName = name.trim();
    await ecs.send(new CreateClusterCommand({ clusterName, capacityProviders: ["FARGATE", "FARGATE_SPOT"] }));
    tell(t.created(clusterName));
    goto("ecs", "clusters");
  };
  return (
    <CreatePage
      title={texts.clusters.create}
      description={t.description}
      action={texts.create.title}
      incomplete={name.trim() === ""}
      create={create}
      cancel={() => goto("ecs", "clusters")}
    >
      <Container header={<Header variant="h2">{t.configuration}</Header>}>
        <FormField label={t.name} constraintText={t.nameRule}>
          <Input value={name} autoFocus spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
        </FormField>
      </Container>
      <Container header={<Header variant="h2">{t.infrastructure}</Header>}>
        <Checkbox checked disabled description={t.fargateHow}>
          {t.fargate}
        </Checkbox>
      </Container>
    </CreatePage>
  );
}
