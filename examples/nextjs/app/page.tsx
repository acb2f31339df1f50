import { Desk } from "@/components/Desk";

export default function Page() {
  return <Desk />;
}
