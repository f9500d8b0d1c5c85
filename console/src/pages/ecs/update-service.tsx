import { ECSClient, ListTaskDefinitionsCommand, UpdateServiceCommand, type Service } from "@aws-sdk/client-ecs";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { texts } from "../../texts.ts";
import { nameOf } from "./ecs-queries.ts";

const t = texts.updateService;

/** A new revision, another count, or the same anew. */
export function UpdateService({ service, close }: { readonly service: Service; readonly close: () => void }) {
  const ecs = useClient(ECSClient);
  const current = nameOf(service.taskDefinition);
  const [family = ""] = current.split(":");
  const [revision, setRevision] = useState(current);
  const [count, setCount] = useState(String(service.desiredCount ?? 0));
  const [force, setForce] = useState(false);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>();
  const revisions = useLive({
    key: ["revisions", family],
    kinds: ["ecs:task-definition"],
    load: async (abortSignal) => {
      const { taskDefinitionArns = [] } = await ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: family, sort: "DESC" }), {
        abortSignal,
      });
      return taskDefinitionArns.map(nameOf).filter((name) => name.startsWith(`${family}:`));
    },
  });
  const update = async (): Promise<void> => {
    setRunning(true);
    setError(undefined);
    try {
      await ecs.send(
        new UpdateServiceCommand({
          cluster: service.clusterArn,
          service: service.serviceArn,
          desiredCount: Number(count),
          ...(revision === current ? {} : { taskDefinition: revision }),
          ...(force ? { forceNewDeployment: true } : {}),
        }),
      );
      close();
    } catch (cause) {
      setError(cause);
      setRunning(false);
    }
  };
  return (
    <Modal
      visible
      header={t.title(service.serviceName ?? "")}
      closeAriaLabel={texts.dialog.close}
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              {texts.dialog.cancel}
            </Button>
            <Button variant="primary" loading={running} disabled={!/^\d+$/.test(count)} onClick={() => void update()}>
              {t.action}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        <FormField label={t.revision}>
          <Select
            selectedOption={{ value: revision, label: revision }}
            options={(revisions.data ?? [current]).map((value) => ({ value, label: value }))}
            onChange={({ detail }) => setRevision(detail.selectedOption.value ?? current)}
          />
        </FormField>
        <FormField label={texts.createService.desired}>
          <Input type="number" value={count} onChange={({ detail }) => setCount(detail.value)} />
        </FormField>
        <Checkbox checked={force} description={t.forceHow} onChange={({ detail }) => setForce(detail.checked)}>
          {t.force}
        </Checkbox>
        {error !== undefined && <ErrorAlert error={error} />}
      </SpaceBetween>
    </Modal>
  );
}
