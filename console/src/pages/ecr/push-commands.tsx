import type { Repository } from "@aws-sdk/client-ecr";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { usePlace } from "../../api/live.ts";
import { Command } from "../../parts/command.tsx";
import { texts } from "../../texts.ts";

const t = texts.pushCommands;

/** The four commands by which an image comes here, each to be copied. */
export function PushCommands({ repository, close }: { readonly repository: Repository; readonly close: () => void }) {
  const { region } = usePlace();
  const { repositoryUri = "", repositoryName = "" } = repository;
  const [host = ""] = repositoryUri.split("/");
  const image = repositoryName.split("/").pop() ?? "";
  const steps = [
    [t.login, `aws ecr get-login-password --region ${region} | docker login --username AWS --password-stdin ${host}`],
    [t.build, `docker build -t ${image} .`],
    [t.tag, `docker tag ${image}:latest ${repositoryUri}:latest`],
    [t.push, `docker push ${repositoryUri}:latest`],
  ] as const;
  return (
    <Modal
      visible
      size="large"
      header={t.title(repositoryName)}
      closeAriaLabel={texts.dialog.close}
      onDismiss={close}
      footer={
        <Box float="right">
          <Button onClick={close}>{texts.dialog.close}</Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box variant="p">
          {t.before} <Box variant="code">{'eval "$(npx airfield env)"'}</Box>
        </Box>
        <ol className="steps">
          {steps.map(([text, command]) => (
            <li key={command}>
              {text}
              <Command text={command} />
            </li>
          ))}
        </ol>
      </SpaceBetween>
    </Modal>
  );
}
