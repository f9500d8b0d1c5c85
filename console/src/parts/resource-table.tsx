import { useCollection } from "@cloudscape-design/collection-hooks";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { texts } from "../texts.ts";
import { ErrorAlert } from "./error-alert.tsx";

/** Rows on a page: what is not on it is not drawn, so that thousands cost what fifty do. */
const PAGE = 50;
/** So many rows need no filter. */
const FOUND_AT_A_GLANCE = 5;

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  readonly cell: (item: T) => ReactNode;
  /** What rows are sorted and found by: not sorted where absent. */
  readonly value?: (item: T) => string | number;
  readonly isRowHeader?: boolean;
}

interface ResourceTableProps<T> {
  readonly title: string;
  readonly query: Pick<UseQueryResult<readonly T[]>, "data" | "error" | "isPending">;
  readonly columns: readonly Column<T>[];
  readonly idOf: (item: T) => string;
  /** What stands where there is nothing yet, and what begins it. */
  readonly empty: { readonly title: string; readonly text: string; readonly action?: ReactNode };
  /** Buttons of the header, told which row is chosen. */
  readonly actions?: (chosen: T | undefined) => ReactNode;
  /** Buttons for which nothing has to be chosen. */
  readonly buttons?: ReactNode;
  /** Which heading its title is: the page's where it is all of the page. */
  readonly heading?: "h1" | "h2";
  readonly description?: ReactNode;
  /** Names a row to who hears the page. Rows can be chosen where there are actions. */
  readonly nameOf: (item: T) => string;
  readonly sortedBy?: { readonly id: string; readonly descending?: boolean };
}

/** A list of resources: found, sorted, paged, chosen, and honest about nothing and about errors. */
export function ResourceTable<T>(props: ResourceTableProps<T>) {
  const { title, query, columns, idOf, nameOf, empty, actions, buttons, description, heading: level = "h2", sortedBy } = props;
  const [chosenId, choose] = useState<string>();
  const definitions = columns.map(({ value, ...column }): TableProps.ColumnDefinition<T> => ({
    ...column,
    ...(value ? { sortingField: column.id, sortingComparator: (a: T, b: T) => compare(value(a), value(b)) } : {}),
  }));
  const first = definitions.find(({ id }) => id === sortedBy?.id);
  const {
    items,
    filterProps,
    paginationProps,
    collectionProps,
    filteredItemsCount,
    actions: collection,
  } = useCollection(query.data ?? [], {
    filtering: {
      filteringFunction: (item, text) =>
        // A list of which nothing is looked for has all that it has.
        text === "" || columns.some(({ value }) => value !== undefined && String(value(item)).toLowerCase().includes(text.toLowerCase())),
      noMatch: (
        <Nothing title={texts.table.noMatch} action={<Button onClick={() => collection.setFiltering("")}>{texts.table.clear}</Button>} />
      ),
      empty: <Nothing {...empty} />,
    },
    pagination: { pageSize: PAGE },
    sorting: first ? { defaultState: { sortingColumn: first, isDescending: sortedBy?.descending ?? false } } : {},
  });
  const chosen = query.data?.find((item) => idOf(item) === chosenId);
  const heading = (
    <Header
      variant={level}
      counter={query.data ? `(${query.data.length})` : ""}
      description={description}
      actions={
        (actions || buttons) && (
          <div className="actions">
            {actions?.(chosen)}
            {buttons}
          </div>
        )
      }
    >
      {title}
    </Header>
  );
  if (query.error && !query.data)
    return (
      <SpaceBetween size="m">
        {heading}
        <ErrorAlert error={query.error} />
      </SpaceBetween>
    );
  return (
    <Table
      {...collectionProps}
      header={heading}
      items={items}
      columnDefinitions={definitions}
      trackBy={idOf}
      loading={query.isPending}
      loadingText={texts.table.loading}
      wrapLines
      enableKeyboardNavigation
      {...(actions ? { selectionType: "single" as const } : {})}
      selectedItems={chosen ? [chosen] : []}
      onSelectionChange={({ detail }) => choose(detail.selectedItems[0] && idOf(detail.selectedItems[0]))}
      filter={
        (query.data?.length ?? 0) > FOUND_AT_A_GLANCE && (
          <TextFilter
            {...filterProps}
            filteringPlaceholder={texts.table.find(title)}
            filteringAriaLabel={texts.table.find(title)}
            countText={texts.table.matches(filteredItemsCount ?? 0)}
          />
        )
      }
      {...((query.data?.length ?? 0) > PAGE ? { pagination: <Pagination {...paginationProps} ariaLabels={texts.table.pages} /> } : {})}
      ariaLabels={{
        tableLabel: title,
        selectionGroupLabel: texts.table.selection(title),
        itemSelectionLabel: (_, item) => nameOf(item),
      }}
    />
  );
}

function Nothing({ title, text, action }: { readonly title: string; readonly text?: string; readonly action?: ReactNode }) {
  return (
    <Box textAlign="center" color="inherit" padding={{ vertical: "s" }}>
      <SpaceBetween size="xs">
        <Box variant="strong">{title}</Box>
        {text !== undefined && <Box variant="p">{text}</Box>}
        {action}
      </SpaceBetween>
    </Box>
  );
}

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
}
