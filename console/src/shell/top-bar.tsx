import TopNavigation, { type TopNavigationProps } from "@cloudscape-design/components/top-navigation";
import { useNavigate } from "react-router";
import type { FeedStatus } from "../api/change-feed.ts";
import { usePlace } from "../api/live.ts";
import { endSession, startSession } from "../session/session.ts";
import { texts } from "../texts.ts";
import { pathOf } from "../parts/goto.tsx";
import { REGIONS } from "./regions.ts";

interface TopBarProps {
  readonly feed: FeedStatus;
  readonly dark: boolean;
  readonly setDark: (dark: boolean) => void;
  readonly switchRole: () => void;
}

/** Where one is and as whom: region, account, role; and whether what is shown is so now. */
export function TopBar({ feed, dark, setDark, switchRole }: TopBarProps) {
  const { session, region } = usePlace();
  const navigate = useNavigate();
  const known = REGIONS.some(([id]) => id === region);
  const account: TopNavigationProps.MenuDropdownUtility = {
    type: "menu-dropdown",
    text: `${callerName(session.arn)} @ ${session.account}`,
    description: session.arn,
    ariaLabel: `${texts.shell.account}: ${callerName(session.arn)} @ ${session.account}`,
    iconName: "user-profile",
    items: [
      { id: "switch", text: texts.role.title },
      ...(session.before ? [{ id: "back", text: texts.role.back(callerName(session.before.arn)) }] : []),
      { id: "out", text: texts.shell.signOut },
    ],
    onItemClick({ detail }) {
      if (detail.id === "switch") switchRole();
      else if (detail.id === "back" && session.before) startSession(session.before);
      else endSession();
    },
  };
  return (
    <div id="top-bar">
      <TopNavigation
        identity={{ href: "/console/", title: texts.shell.title, logo: { src: "/console/icon.svg", alt: "" } }}
        i18nStrings={texts.shell.topNavigation}
        utilities={[
          {
            type: "button",
            text: texts.feed[feed],
            iconName: feed === "live" ? "status-positive" : feed === "lost" ? "status-warning" : "status-pending",
            ariaLabel: texts.feed[feed],
            title: texts.feed.title,
            disableUtilityCollapse: true,
          },
          {
            type: "button",
            text: dark ? texts.shell.light : texts.shell.dark,
            ariaLabel: dark ? texts.shell.light : texts.shell.dark,
            iconName: "settings",
            onClick: () => setDark(!dark),
          },
          {
            type: "menu-dropdown",
            text: region,
            ariaLabel: `${texts.shell.region}: ${region}`,
            iconName: "globe",
            items: [
              ...(known ? [] : [{ id: region, text: region }]),
              ...REGIONS.map(([id, name]) => ({ id, text: name, description: id })),
            ],
            // What is looked at belongs to the region that one leaves.
            onItemClick: ({ detail }) => void navigate(pathOf(detail.id)),
          },
          account,
        ]}
      />
    </div>
  );
}

function callerName(arn: string): string {
  const resource = arn.split(":").slice(5).join(":");
  return resource.replace(/^(user|assumed-role)\//, "");
}
