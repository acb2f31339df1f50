import { OPTIONS, route } from "@/lib/http";
import { search } from "@/lib/search";

const POST = route("/api/viim/recordings/search", search);

export { OPTIONS, POST };
