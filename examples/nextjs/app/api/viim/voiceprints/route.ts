import { OPTIONS, route } from "@/lib/http";
import { forget, people } from "@/lib/people";

export const dynamic = "force-dynamic";

const GET = route("/api/viim/voiceprints", people);
const DELETE = route("/api/viim/voiceprints", forget);

export { DELETE, GET, OPTIONS };
