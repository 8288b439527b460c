export default function Waterfall({ onStep: _ }: { readonly onStep: (stepId: string) => void }) {
  return null;
}
