import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
  type Action,
  type Listener,
  type LoadBalancer,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useParams } from "react-router";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Copy } from "../../parts/copy.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { Goto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { texts } from "../../texts.ts";

const t = texts.balancers;

export function LoadBalancerPage() {
  const { name = "" } = useParams();
  const elb = useClient(ElasticLoadBalancingV2Client);
  const { data: balancer, error } = useLive<LoadBalancer | undefined>({
    key: ["load-balancer", name],
    kinds: ["elasticloadbalancing:load-balancer"],
    about: (arn) => arn.includes(`/${name}/`),
    load: async (abortSignal) => (await elb.send(new DescribeLoadBalancersCommand({ Names: [name] }), { abortSignal })).LoadBalancers?.[0],
  });
  return (
    <ContentLayout header={<Header variant="h1">{name}</Header>}>
      <SpaceBetween size="l">
        {error && <ErrorAlert error={error} />}
        {balancer && <Details balancer={balancer} />}
        {balancer && <Listeners balancer={balancer} />}
      </SpaceBetween>
    </ContentLayout>
  );
}

function Details({ balancer }: { readonly balancer: LoadBalancer }) {
  return (
    <Container header={<Header variant="h2">{t.details}</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: t.dnsName, value: <Copy text={balancer.DNSName ?? ""} shown name={t.dnsName} /> },
          { label: "ARN", value: <Copy text={balancer.LoadBalancerArn ?? ""} shown name="ARN" /> },
          { label: t.state, value: <Status status={balancer.State?.Code} /> },
          { label: t.type, value: balancer.Type },
          { label: t.scheme, value: balancer.Scheme },
          { label: t.created, value: <Time at={balancer.CreatedTime} /> },
          { label: t.zones, value: (balancer.AvailabilityZones ?? []).map(({ ZoneName }) => ZoneName).join(", ") },
          {
            label: t.groups,
            value: (
              <SpaceBetween size="xxs">
                {(balancer.SecurityGroups ?? []).map((id) => (
                  <Goto key={id} to={["ec2", "security-groups", id]}>
                    {id}
                  </Goto>
                ))}
              </SpaceBetween>
            ),
          },
          { label: t.reason, value: balancer.State?.Reason ?? "-" },
        ]}
      />
    </Container>
  );
}

function Listeners({ balancer }: { readonly balancer: LoadBalancer }) {
  const elb = useClient(ElasticLoadBalancingV2Client);
  const { LoadBalancerArn = "", LoadBalancerName = "", DNSName = "" } = balancer;
  const query = useLive<readonly Listener[]>({
    key: ["listeners", LoadBalancerArn],
    kinds: ["elasticloadbalancing:listener"],
    about: (arn) => arn.includes(`/${LoadBalancerName}/`),
    load: async (abortSignal) => (await elb.send(new DescribeListenersCommand({ LoadBalancerArn }), { abortSignal })).Listeners ?? [],
  });
  return (
    <ResourceTable
      title={t.listeners}
      query={query}
      idOf={({ ListenerArn = "" }) => ListenerArn}
      nameOf={nameOf}
      empty={{ title: t.noListeners, text: t.noListenersHow }}
      columns={[
        { id: "listener", header: t.listener, isRowHeader: true, value: nameOf, cell: nameOf },
        { id: "action", header: t.action, value: actionsOf, cell: actionsOf },
        {
          id: "address",
          header: t.address,
          cell: (listener) => {
            const address = addressOf(listener, DNSName);
            return address === undefined ? (
              "-"
            ) : (
              <Link href={address} external externalIconAriaLabel={t.address}>
                {address}
              </Link>
            );
          },
        },
      ]}
    />
  );
}

function nameOf({ Protocol, Port }: Listener): string {
  return `${Protocol}:${Port}`;
}

function actionsOf({ DefaultActions = [] }: Listener): string {
  return DefaultActions.map(inShort).join(", ");
}

function inShort({ Type, TargetGroupArn, RedirectConfig }: Action): string {
  if (Type === "redirect") return `redirect to ${RedirectConfig?.Protocol}:${RedirectConfig?.Port}`;
  return TargetGroupArn === undefined ? (Type ?? "") : `forward to ${TargetGroupArn.split("/")[1]}`;
}

function addressOf({ Protocol, Port }: Listener, host: string): string | undefined {
  if (Protocol !== "HTTP" && Protocol !== "HTTPS") return undefined;
  const isUsual = Port === (Protocol === "HTTP" ? 80 : 443);
  return `${Protocol.toLowerCase()}://${host}${isUsual ? "" : `:${Port}`}/`;
}
