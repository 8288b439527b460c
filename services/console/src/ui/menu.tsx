import clsx from 'clsx';
import { Check } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';

/** Not modal, and in no portal: the rest of the page stays what it is, and it stands in the landmark of its button. */
export const Menu = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <Radix.Root modal={false}>{children}</Radix.Root>
);
export const MenuTrigger = Radix.Trigger;
export const MenuLabel = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <Radix.Label className="px-2.5 py-1.5 text-muted text-xs">{children}</Radix.Label>
);
export const MenuSeparator = (): ReactNode => <Radix.Separator className="my-1 h-px bg-line" />;

export function MenuContent({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <Radix.Content
      align="end"
      sideOffset={6}
      collisionPadding={8}
      className="appear z-50 min-w-44 rounded-lg border bg-raised p-1 shadow-lg"
    >
      {children}
    </Radix.Content>
  );
}

const itemLooks =
  'flex cursor-pointer select-none items-center gap-2 rounded-md px-2.5 py-1.5 outline-none data-[highlighted]:bg-sunken';

export function MenuItem({ className, ...rest }: ComponentProps<typeof Radix.Item>): ReactNode {
  return <Radix.Item className={clsx(itemLooks, className)} {...rest} />;
}

export interface MenuChoiceProps<T extends string> {
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly label: ReactNode }[];
  readonly onChoose: (value: T) => void;
}

/** One of several. */
export function MenuChoice<T extends string>({ value, choices, onChoose }: MenuChoiceProps<T>): ReactNode {
  return (
    <Radix.RadioGroup value={value}>
      {choices.map((choice) => (
        <Radix.RadioItem
          key={choice.value}
          value={choice.value}
          className={itemLooks}
          onSelect={() => onChoose(choice.value)}
        >
          {choice.label}
          <Radix.ItemIndicator className="ms-auto">
            <Check aria-hidden="true" className="size-4" />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}
