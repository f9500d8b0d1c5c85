import SideNavigation, { type SideNavigationProps } from "@cloudscape-design/components/side-navigation";
import { useLocation } from "react-router";
import { usePlace } from "../api/live.ts";
import { hrefOf, pathOf, useFollow } from "../parts/goto.tsx";
import { texts } from "../texts.ts";

/** The services and their lists. A new page of a list is a line here. */
export function SideBar() {
  const { region } = usePlace();
  const { pathname } = useLocation();
  const follow = useFollow();
  const to = (text: string, ...parts: readonly string[]): SideNavigationProps.Link => ({
    type: "link",
    text,
    href: hrefOf(pathOf(region, ...parts)),
  });
  const items: SideNavigationProps.Item[] = [
    {
      type: "section",
      text: texts.services.ecs,
      items: [to(texts.clusters.title, "ecs", "clusters"), to(texts.definitions.title, "ecs", "task-definitions")],
    },
    { type: "section", text: texts.services.ecr, items: [to(texts.repositories.title, "ecr", "repositories")] },
    {
      type: "section",
      text: texts.services.ec2,
      items: [to(texts.balancers.title, "ec2", "load-balancers"), to(texts.securityGroups.title, "ec2", "security-groups")],
    },
    { type: "section", text: texts.services.iam, items: [to(texts.users.title, "iam", "users")] },
  ];
  // A page below a list belongs to it.
  const active = items
    .flatMap((item) => (item.type === "section" ? item.items : [item]))
    .find((item) => item.type === "link" && hrefOf(pathname).startsWith(item.href));
  return (
    <SideNavigation
      header={{ text: texts.shell.title, href: hrefOf(pathOf(region)) }}
      activeHref={active?.type === "link" ? active.href : hrefOf(pathname)}
      items={items}
      onFollow={follow}
    />
  );
}
