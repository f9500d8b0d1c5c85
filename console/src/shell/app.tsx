import AppLayout from "@cloudscape-design/components/app-layout";
import Spinner from "@cloudscape-design/components/spinner";
import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { BrowserRouter, Navigate, Route, Routes, useParams } from "react-router";
import { PlaceContext, queryClient, useChangeFeed, type Place } from "../api/live.ts";
import { useSession, type Session } from "../session/session.ts";
import { SignInPage } from "../session/sign-in-page.tsx";
import { takeLink } from "../session/sign-in.ts";
import { SwitchRole } from "../session/switch-role.tsx";
import { texts } from "../texts.ts";
import { useAppearance } from "./appearance.ts";
import { HomePage } from "./home-page.tsx";
import { useNotifications } from "./notifications.tsx";
import { NoPage } from "./no-page.tsx";
import { isRegion, rememberedRegion, rememberRegion } from "./regions.ts";
import { SideBar } from "./side-bar.tsx";
import { TopBar } from "./top-bar.tsx";
import { Trail } from "./trail.tsx";

// A service's pages, with the SDK's client of it, are loaded when somebody goes there.
const EcrPages = lazy(async () => ({ default: (await import("../pages/ecr/ecr-pages.tsx")).EcrPages }));
const Ec2Pages = lazy(async () => ({ default: (await import("../pages/ec2/ec2-pages.tsx")).Ec2Pages }));
const IamPages = lazy(async () => ({ default: (await import("../pages/iam/iam-pages.tsx")).IamPages }));
const EcsPages = lazy(async () => ({ default: (await import("../pages/ecs/ecs-pages.tsx")).EcsPages }));

const link = takeLink();

export function App() {
  const session = useSession();
  const appearance = useAppearance();
  if (!session) return <SignInPage link={link} />;
  return (
    <BrowserRouter basename="/console">
      <Routes>
        <Route path="/" element={<Navigate to={`/${rememberedRegion()}`} replace />} />
        <Route path="/:region/*" element={<Signed session={session} appearance={appearance} />} />
      </Routes>
    </BrowserRouter>
  );
}

interface SignedProps {
  readonly session: Session;
  readonly appearance: ReturnType<typeof useAppearance>;
}

/** All that is shown to who has signed in; answers of one session are never shown to another. */
function Signed({ session, appearance }: SignedProps) {
  const { region } = useParams();
  const client = useMemo(() => queryClient(), [session]);
  const place = useMemo(() => (isRegion(region) ? { session, region } : undefined), [session, region]);
  if (!place) return <Navigate to="/" replace />;
  return (
    <QueryClientProvider client={client}>
      <PlaceContext value={place}>
        <Shell place={place} appearance={appearance} />
      </PlaceContext>
    </QueryClientProvider>
  );
}

function Shell({ place, appearance }: { readonly place: Place; readonly appearance: SignedProps["appearance"] }) {
  const feed = useChangeFeed(place);
  const { bar, Provider } = useNotifications();
  const [switching, setSwitching] = useState(false);
  const [open, setOpen] = useState(true);
  useEffect(() => rememberRegion(place.region), [place.region]);
  return (
    <Provider>
      <TopBar feed={feed} {...appearance} switchRole={() => setSwitching(true)} />
      <AppLayout
        headerSelector="#top-bar"
        ariaLabels={texts.shell.layout}
        navigation={<SideBar />}
        navigationOpen={open}
        onNavigationChange={({ detail }) => setOpen(detail.open)}
        breadcrumbs={<Trail />}
        notifications={bar}
        toolsHide
        content={
          <Suspense fallback={<Spinner size="large" />}>
            <Routes>
              <Route index element={<HomePage />} />
              <Route path="ecr/*" element={<EcrPages />} />
              <Route path="ecs/*" element={<EcsPages />} />
              <Route path="ec2/*" element={<Ec2Pages />} />
              <Route path="iam/*" element={<IamPages />} />
              <Route path="*" element={<NoPage />} />
            </Routes>
          </Suspense>
        }
      />
      {switching && <SwitchRole close={() => setSwitching(false)} />}
    </Provider>
  );
}
