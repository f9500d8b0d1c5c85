import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import { useLocation } from "react-router";
import { usePlace } from "../api/live.ts";
import { hrefOf, pathOf, useFollow } from "../parts/goto.tsx";
import { texts } from "../texts.ts";

/** Parts of addresses that have words; others are names. */
const WORDS: Readonly<Record<string, string>> = {
  clusters: texts.clusters.title,
  services: texts.ecsServices.title,
  tasks: texts.tasks.title,
  "task-definitions": texts.definitions.title,
  repositories: texts.repositories.title,
  "load-balancers": texts.balancers.title,
  "security-groups": texts.securityGroups.title,
  users: texts.users.title,
  create: texts.repositories.create,
  "create-user": texts.users.create,
  "edit-inbound-rules": texts.securityGroups.edit,
  "create-cluster": texts.clusters.create,
  "create-service": texts.createService.title,
  "create-task-definition": texts.definitions.create,
  "create-task-definition-json": texts.definitions.createJson,
};

/** Parts at which there is no page of their own. */
const PLACES = new Set(["ecs", "ecr", "ec2", "iam", "services"]);

/** The way to a page, from its address alone. */
export function Trail() {
  const { region } = usePlace();
  const { pathname } = useLocation();
  const follow = useFollow();
  const parts = pathname.split("/").slice(2).filter(Boolean).map(decodeURIComponent);
  const items = parts.flatMap((part, at) =>
    PLACES.has(part) && at < parts.length - 1
      ? []
      : [{ text: WORDS[part] ?? part, href: hrefOf(pathOf(region, ...parts.slice(0, at + 1))) }],
  );
  return (
    <BreadcrumbGroup
      items={[{ text: texts.shell.title, href: hrefOf(pathOf(region)) }, ...items]}
      onFollow={follow}
      ariaLabel={texts.shell.trail}
      expandAriaLabel={texts.shell.showPath}
    />
  );
}
