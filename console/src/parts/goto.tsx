import Link, { type LinkProps } from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { useCallback } from "react";
import { useNavigate } from "react-router";
import { usePlace } from "../api/live.ts";

/** Where a page is: `ecs/clusters/web` below the region. Parts are encoded here, and nowhere else. */
export function pathOf(region: string, ...parts: readonly string[]): string {
  return `/${[region, ...parts].map((part) => encodeURIComponent(part)).join("/")}`;
}

/** The address of a page as it stands in the browser, for links that people copy or open in another tab. */
export function hrefOf(path: string): string {
  return `/console${path}`;
}

/** Goes to a place below the region that is looked at. */
export function useGoto(): (...parts: readonly string[]) => void {
  const navigate = useNavigate();
  const { region } = usePlace();
  return useCallback((...parts) => void navigate(pathOf(region, ...parts)), [navigate, region]);
}

/** Follows a link within the console without loading it anew, unless somebody wants it in another tab. */
export function useFollow(): (event: CustomEvent<{ readonly href?: string | undefined; readonly external?: boolean | undefined }>) => void {
  const navigate = useNavigate();
  return useCallback(
    (event) => {
      const { href, external } = event.detail;
      if (external === true || href?.startsWith("/console/") !== true) return;
      event.preventDefault();
      void navigate(href.slice("/console".length));
    },
    [navigate],
  );
}

interface GotoProps {
  readonly to: readonly string[];
  readonly children: ReactNode;
  readonly variant?: LinkProps["variant"];
}

export function Goto({ to, children, variant = "primary" }: GotoProps) {
  const { region } = usePlace();
  const follow = useFollow();
  return (
    <Link href={hrefOf(pathOf(region, ...to))} variant={variant} onFollow={follow}>
      {children}
    </Link>
  );
}
