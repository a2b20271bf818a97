# Degrees of freedom of linear mixed models (Satterthwaite), computed by R. Run from this folder, after models.R:
#   Rscript degrees_of_freedom.R
# writes degrees_of_freedom_visits.csv (made up, seeded) and degrees_of_freedom.json.
# Needs lme4, lmerTest and jsonlite (Debian: r-cran-lme4 r-cran-lmertest r-cran-jsonlite).
suppressMessages({library(lme4); library(lmerTest); library(jsonlite)})
options(digits = 15)
set.seed(20252)

# --- visits of few people, some of which are missing ----------------------------------------------------------
people <- 24
visits <- expand.grid(month = c(0, 3, 12, 60), person = sprintf("p%02d", 1:people))
visits$severe <- as.integer(as.integer(factor(visits$person)) %% 3 == 0)
visits$age <- rep(round(runif(people, 50, 80)), each = 4)
own <- rnorm(people, sd = 9); slope <- rnorm(people, sd = 0.12)
visits$disability <- round(45 + 6 * visits$severe - 0.25 * visits$month + 0.1 * visits$severe * visits$month +
  rep(own, each = 4) + rep(slope, each = 4) * visits$month + rnorm(nrow(visits), sd = 4), 2)
visits$alike <- round(45 + 6 * visits$severe + rnorm(nrow(visits), sd = 4), 2)
visits$even <- round(visits$alike - ave(visits$alike, visits$person) + 0.5 * visits$severe, 2)
visits <- visits[runif(nrow(visits)) > 0.15, c("person", "month", "severe", "age", "disability", "even")]
write.csv(visits, "degrees_of_freedom_visits.csv", row.names = FALSE, quote = FALSE)
visits <- read.csv("degrees_of_freedom_visits.csv")
cohort <- read.csv("models_cohort.csv", stringsAsFactors = TRUE)

strict <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10, maxfun = 1e6))
told <- function(formula, data, REML = TRUE) {
  fit <- lmerTest::lmer(formula, data, REML = REML, control = strict)
  found <- coef(summary(fit, ddf = "Satterthwaite"))
  within <- contest(fit, diag(length(fixef(fit))), joint = FALSE, confint = TRUE)
  list(terms = rownames(found), beta = unname(found[, "Estimate"]), se = unname(found[, "Std. Error"]),
    df = unname(found[, "df"]), t = unname(found[, "t value"]), p = unname(found[, "Pr(>|t|)"]),
    low = within$lower, high = within$upper, singular = isSingular(fit))
}

write_json(list(
  made_with = list(R = R.version.string, lme4 = as.character(packageVersion("lme4")),
    lmerTest = as.character(packageVersion("lmerTest"))),
  course = told(disability ~ month * severe + age + (1 + month | person), visits),
  course_ml = told(disability ~ month * severe + age + (1 + month | person), visits, REML = FALSE),
  intercept = told(disability ~ month * severe + (1 | person), visits),
  singular = told(even ~ month + severe + (1 | person), visits),
  centres = told(score ~ lmm_z + age + sex + (1 | centre), cohort),
  sleepstudy = told(Reaction ~ Days + (Days | Subject), sleepstudy)
), "degrees_of_freedom.json", digits = NA, auto_unbox = TRUE, pretty = TRUE)
