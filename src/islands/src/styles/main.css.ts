// The one style sheet of every page. Order matters: Tabler first, our tokens and parts over it.
import "./tabler.scss";
import "./tokens.css";
import "./base.css";
import "./shell.css";
import "./components.css";
import "./islands.css";
import "./public.css";
import "./desks.css";
import "./judging.css";
import "./screen.css";
import "./leader.css";
import "./opening.css";
import "./print.css";
