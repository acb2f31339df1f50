import { OPTIONS, route } from "@/lib/http";
import { identify } from "@/lib/identify";

const POST = route("/api/viim/identify", identify, { timed: true });

export { OPTIONS, POST };
