import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeTaskDefinitionCommand, ECSClient, paginateListTaskDefinitions } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useParams } from "react-router";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { CreatePage } from "../../parts/create-page.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { useGoto } from "../../parts/goto.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { nameOf } from "./ecs-queries.ts";
import { createService } from "./service-form.ts";

const t = texts.createService;

export function CreateService() {
  const { cluster = "" } = useParams();
  const clients = { ecs: useClient(ECSClient), ec2: useClient(EC2Client), elb: useClient(ElasticLoadBalancingV2Client) };
  const goto = useGoto();
  const tell = useTell();
  const [definition, setDefinition] = useState("");
  const [name, setName] = useState("");
  const [desired, setDesired] = useState("1");
  const [chosenVpc, setVpc] = useState<string>();
  const [chosenSubnets, setSubnets] = useState<readonly string[]>();
  const [groupKind, setGroupKind] = useState<"new" | "existing">("new");
  const [groupName, setGroupName] = useState("");
  const [groups, setGroups] = useState<readonly string[]>([]);
  const [sourceRange, setSource] = useState("0.0.0.0/0");
  const [publicAddress, setPublic] = useState(true);
  const [balanced, setBalanced] = useState(false);
  const [balancerName, setBalancerName] = useState("");
  const [listenerPort, setListenerPort] = useState("80");
  const [targetGroup, setTargetGroup] = useState("");
  const [healthPath, setHealthPath] = useState("/");

  const definitions = useLive<readonly string[]>({
    key: ["all-definitions"],
    kinds: ["ecs:task-definition"],
    load: async () => {
      const pages = paginateListTaskDefinitions({ client: clients.ecs }, { sort: "DESC" });
      return (await everything(pages, ({ taskDefinitionArns }) => taskDefinitionArns)).map(nameOf);
    },
  });
  const ports = useLive<readonly { readonly container: string; readonly port: number }[]>({
    key: ["ports", definition],
    kinds: [],
    enabled: definition !== "",
    load: async (abortSignal) => {
      const { taskDefinition } = await clients.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: definition }), { abortSignal });
      return (taskDefinition?.containerDefinitions ?? []).flatMap(({ name: container = "", portMappings = [] }) =>
        portMappings.map(({ containerPort: port = 0 }) => ({ container, port })),
      );
    },
  });
  const network = useLive({
    key: ["network"],
    kinds: ["ec2:vpc", "ec2:subnet", "ec2:security-group"],
    load: async () => {
      const [{ Vpcs = [] }, { Subnets = [] }, { SecurityGroups = [] }] = await Promise.all([
        clients.ec2.send(new DescribeVpcsCommand({})),
        clients.ec2.send(new DescribeSubnetsCommand({})),
        clients.ec2.send(new DescribeSecurityGroupsCommand({})),
      ]);
      return { Vpcs, Subnets, SecurityGroups };
    },
  });
  const vpc = chosenVpc ?? (network.data?.Vpcs.find(({ IsDefault }) => IsDefault === true) ?? network.data?.Vpcs[0])?.VpcId ?? "";
  const allSubnets = (network.data?.Subnets ?? []).filter(({ VpcId }) => VpcId === vpc);
  const subnets = chosenSubnets ?? allSubnets.flatMap(({ SubnetId }) => SubnetId ?? []);
  const allGroups = (network.data?.SecurityGroups ?? []).filter(({ VpcId }) => VpcId === vpc);
  const [first] = ports.data ?? [];
  const incomplete =
    definition === "" ||
    name.trim() === "" ||
    !/^\d+$/.test(desired) ||
    subnets.length === 0 ||
    (groupKind === "new" ? groupName.trim() === "" : groups.length === 0) ||
    (balanced && (balancerName.trim() === "" || targetGroup.trim() === "" || !/^\d+$/.test(listenerPort) || !first));

  const create = async (): Promise<void> => {
    await createService(clients, cluster, {
      ...{ definition, name: name.trim(), desired, vpc, subnets, publicAddress },
      groups: groupKind === "existing" ? groups : [],
      newGroup: groupKind === "new" ? { name: groupName.trim(), port: String(first?.port ?? 80), source: sourceRange.trim() } : undefined,
      balancer:
        balanced && first
          ? { ...first, name: balancerName.trim(), listenerPort, targetGroup: targetGroup.trim(), healthPath: healthPath.trim() }
          : undefined,
    });
    tell(t.created(name.trim()));
    goto("ecs", "clusters", cluster, "services", name.trim());
  };
  const subnetOptions = allSubnets.map(({ SubnetId = "", AvailabilityZone = "", CidrBlock = "" }) => ({
    value: SubnetId,
    label: SubnetId,
    description: `${AvailabilityZone}  ${CidrBlock}`,
  }));
  const groupOptions = allGroups.map(({ GroupId = "", GroupName = "" }) => ({ value: GroupId, label: GroupId, description: GroupName }));
  return (
    <CreatePage
      title={t.title}
      description={t.description(cluster)}
      action={texts.create.title}
      incomplete={incomplete}
      create={create}
      cancel={() => goto("ecs", "clusters", cluster)}
    >
      <Container header={<Header variant="h2">{t.environment}</Header>}>
        <ColumnLayout columns={2}>
          <FormField label={t.compute}>{t.launchTypeOption}</FormField>
          <FormField label={t.launchType}>FARGATE</FormField>
        </ColumnLayout>
      </Container>
      <Container header={<Header variant="h2">{t.deployment}</Header>}>
        <SpaceBetween size="l">
          {definitions.error && <ErrorAlert error={definitions.error} />}
          <ColumnLayout columns={2}>
            <FormField label={t.family} description={t.familyHow}>
              <Select
                selectedOption={definition === "" ? null : { value: definition, label: definition }}
                options={(definitions.data ?? []).map((value) => ({ value, label: value }))}
                filteringType="auto"
                placeholder={t.chooseDefinition}
                empty={texts.definitions.empty}
                statusType={definitions.isPending ? "loading" : "finished"}
                onChange={({ detail }) => setDefinition(detail.selectedOption.value ?? "")}
              />
            </FormField>
            <FormField label={t.name}>
              <Input value={name} spellcheck={false} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
            <FormField label={t.desired}>
              <Input type="number" value={desired} onChange={({ detail }) => setDesired(detail.value)} />
            </FormField>
          </ColumnLayout>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{t.networking}</Header>}>
        <SpaceBetween size="l">
          {network.error && <ErrorAlert error={network.error} />}
          <FormField label="VPC">
            <Select
              statusType={network.isPending ? "loading" : "finished"}
              selectedOption={vpc === "" ? null : { value: vpc, label: vpc }}
              options={(network.data?.Vpcs ?? []).map(({ VpcId = "", CidrBlock = "" }) => ({
                value: VpcId,
                label: VpcId,
                description: CidrBlock,
              }))}
              onChange={({ detail }) => {
                setVpc(detail.selectedOption.value);
                setSubnets(undefined);
                setGroups([]);
              }}
            />
          </FormField>
          <FormField label={t.subnets}>
            <Multiselect
              statusType={network.isPending ? "loading" : "finished"}
              selectedOptions={subnetOptions.filter(({ value }) => subnets.includes(value))}
              options={subnetOptions}
              deselectAriaLabel={({ label = "" }) => texts.choice.remove(label)}
              onChange={({ detail }) => setSubnets(detail.selectedOptions.flatMap(({ value }) => value ?? []))}
            />
          </FormField>
          <FormField label={t.securityGroup}>
            <RadioGroup
              value={groupKind}
              items={[
                { value: "existing", label: t.existingGroup },
                { value: "new", label: t.newGroup },
              ]}
              onChange={({ detail }) => setGroupKind(detail.value === "new" ? "new" : "existing")}
            />
          </FormField>
          {groupKind === "existing" ? (
            <FormField label={t.groupNames}>
              <Multiselect
                selectedOptions={groupOptions.filter(({ value }) => groups.includes(value))}
                options={groupOptions}
                deselectAriaLabel={({ label = "" }) => texts.choice.remove(label)}
                onChange={({ detail }) => setGroups(detail.selectedOptions.flatMap(({ value }) => value ?? []))}
              />
            </FormField>
          ) : (
            <ColumnLayout columns={2}>
              <FormField label={t.groupName}>
                <Input value={groupName} spellcheck={false} onChange={({ detail }) => setGroupName(detail.value)} />
              </FormField>
              <FormField label={t.inbound(first?.port)} description={t.inboundHow}>
                <Input value={sourceRange} spellcheck={false} onChange={({ detail }) => setSource(detail.value)} />
              </FormField>
            </ColumnLayout>
          )}
          <Checkbox checked={publicAddress} onChange={({ detail }) => setPublic(detail.checked)}>
            {t.publicAddress}
          </Checkbox>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">{t.balancing}</Header>}>
        <SpaceBetween size="l">
          <Checkbox checked={balanced} onChange={({ detail }) => setBalanced(detail.checked)}>
            {t.useBalancer}
          </Checkbox>
          {balanced && (
            <ColumnLayout columns={2}>
              <FormField label={t.containerToBalance}>
                {first ? `${first.container} ${first.port}:${first.port}` : ports.data ? t.noPort : texts.table.loading}
              </FormField>
              <FormField label={t.balancerName}>
                <Input value={balancerName} spellcheck={false} onChange={({ detail }) => setBalancerName(detail.value)} />
              </FormField>
              <FormField label={t.listener}>
                <Input value={listenerPort} inputMode="numeric" onChange={({ detail }) => setListenerPort(detail.value)} />
              </FormField>
              <FormField label={t.targetGroup}>
                <Input value={targetGroup} spellcheck={false} onChange={({ detail }) => setTargetGroup(detail.value)} />
              </FormField>
              <FormField label={t.healthPath}>
                <Input value={healthPath} spellcheck={false} onChange={({ detail }) => setHealthPath(detail.value)} />
              </FormField>
            </ColumnLayout>
          )}
        </SpaceBetween>
      </Container>
    </CreatePage>
  );
}
