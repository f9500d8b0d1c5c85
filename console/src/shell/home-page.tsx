import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { usePlace } from "../api/live.ts";
import { Copy } from "../parts/copy.tsx";
import { Goto } from "../parts/goto.tsx";
import { texts } from "../texts.ts";

/** Where one begins: who one is, and what there is to look at. */
export function HomePage() {
  const { session, region } = usePlace();
  return (
    <ContentLayout header={<Header variant="h1">{texts.home.title(region)}</Header>}>
      <ColumnLayout columns={2}>
        <Container header={<Header variant="h2">{texts.services.ecs}</Header>} fitHeight>
          <Box variant="p">{texts.home.ecs}</Box>
          <Goto to={["ecs", "clusters"]}>{texts.clusters.title}</Goto>
        </Container>
        <Container header={<Header variant="h2">{texts.services.ecr}</Header>} fitHeight>
          <Box variant="p">{texts.home.ecr}</Box>
          <Goto to={["ecr", "repositories"]}>{texts.repositories.title}</Goto>
        </Container>
        <Container header={<Header variant="h2">{texts.home.signedIn}</Header>} fitHeight>
          <Copy text={session.arn} shown name="ARN" />
        </Container>
      </ColumnLayout>
    </ContentLayout>
  );
}
