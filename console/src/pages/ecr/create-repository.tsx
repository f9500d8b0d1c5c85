import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";
import { useClient } from "../../api/clients.ts";
import { CreatePage } from "../../parts/create-page.tsx";
import { useGoto } from "../../parts/goto.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";

const t = texts.createRepository;

export function CreateRepository() {
  const ecr = useClient(ECRClient);
  const goto = useGoto();
  const tell = useTell();
  const [name, setName] = useState("");
  const [mutability, setMutability] = useState<"MUTABLE" | "IMMUTABLE">("MUTABLE");
  const [encryption, setEncryption] = useState<"AES256" | "KMS">("AES256");
  const [key, setKey] = useState("");
  const [scanOnPush, setScan] = useState(false);
  const create = async (): Promise<void> => {
    await ecr.send(
      new CreateRepositoryCommand({
        repositoryName: name.trim(),
        imageTagMutability: mutability,
        encryptionConfiguration: {
          encryptionType: encryption,
          ...(encryption === "KMS" && key.trim() !== "" ? { kmsKey: key.trim() } : {}),
        },
        imageScanningConfiguration: { scanOnPush },
      }),
    );
    tell(t.created(name.trim()));
    goto("ecr", "repositories");
  };
  return (
    <CreatePage
      title={t.title}
      action={texts.repositories.create}
      incomplete={name.trim() === ""}
      create={create}
      cancel={() => goto("ecr", "repositories")}
    >
      <Container header={<Header variant="h2">{t.general}</Header>}>
        <SpaceBetween size="l">
          <FormField label={t.visibility} description={t.visibilityHow}>
            <Box>{t.private}</Box>
          </FormField>
          <FormField label={texts.repositories.name} description={t.nameHow} constraintText={t.nameRule}>
            <Input value={name} autoFocus spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
          </FormField>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{t.mutability}</Header>}>
        <FormField label={t.mutability} description={t.mutabilityHow}>
          <RadioGroup
            value={mutability}
            items={[
              { value: "MUTABLE", label: t.mutable, description: t.mutableHow },
              { value: "IMMUTABLE", label: t.immutable, description: t.immutableHow },
            ]}
            onChange={({ detail }) => setMutability(detail.value as typeof mutability)}
          />
        </FormField>
      </Container>
      <Container header={<Header variant="h2">{t.encryption}</Header>}>
        <SpaceBetween size="l">
          <FormField label={t.encryptionConfiguration} description={t.encryptionHow}>
            <RadioGroup
              value={encryption}
              items={[
                { value: "AES256", label: texts.repositories.aes, description: t.aesHow },
                { value: "KMS", label: texts.repositories.kms, description: t.kmsHow },
              ]}
              onChange={({ detail }) => setEncryption(detail.value as typeof encryption)}
            />
          </FormField>
          {encryption === "KMS" && (
            <FormField label={t.key} description={t.keyHow}>
              <Input value={key} placeholder="alias/my-key" spellcheck={false} onChange={({ detail }) => setKey(detail.value)} />
            </FormField>
          )}
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{t.scanning}</Header>}>
        <FormField label={texts.repositories.scanOnPush} description={t.scanHow}>
          <Toggle checked={scanOnPush} onChange={({ detail }) => setScan(detail.checked)}>
            {texts.repositories.scanOnPush}
          </Toggle>
        </FormField>
      </Container>
    </CreatePage>
  );
}
