import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { texts } from "../../texts.ts";
import type { Variable } from "./definition-form.ts";

const t = texts.createDefinition;

const TYPES = ["Value", "ValueFrom"] as const;

interface VariablesProps {
  readonly variables: readonly Variable[];
  readonly change: (variables: readonly Variable[]) => void;
}

/** The environment variables of a container: a row each. */
export function Variables({ variables, change }: VariablesProps) {
  const set = (at: number, part: Partial<Variable>): void =>
    change(variables.map((one, index) => (index === at ? { ...one, ...part } : one)));
  return (
    <AttributeEditor
      items={variables}
      addButtonText={t.addVariable}
      removeButtonText={t.removeVariable}
      empty={t.noVariables}
      onAddButtonClick={() => change([...variables, { key: "", type: "Value", value: "" }])}
      onRemoveButtonClick={({ detail }) => change(variables.filter((_, at) => at !== detail.itemIndex))}
      definition={[
        {
          label: t.key,
          control: ({ key }, at) => (
            <Input value={key} spellcheck={false} ariaLabel={t.key} onChange={({ detail }) => set(at, { key: detail.value })} />
          ),
        },
        {
          label: t.valueType,
          control: ({ type }, at) => (
            <Select
              ariaLabel={t.valueType}
              selectedOption={{ value: type, label: type }}
              options={TYPES.map((value) => ({ value, label: value }))}
              onChange={({ detail }) => set(at, { type: TYPES.find((one) => one === detail.selectedOption.value) ?? "Value" })}
            />
          ),
        },
        {
          label: t.value,
          control: ({ value, type }, at) => (
            <Input
              value={value}
              ariaLabel={t.value}
              placeholder={type === "ValueFrom" ? t.valueFromHow : ""}
              onChange={({ detail }) => set(at, { value: detail.value })}
            />
          ),
        },
      ]}
    />
  );
}
